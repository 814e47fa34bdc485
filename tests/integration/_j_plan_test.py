import sys,json
sys.path.insert(0,'/work/main')
import pytest
from tests.integration import test_plans as t
from schemas import sql
@pytest.mark.parametrize("name",["facts_take","event_untold","signals_take"])
def test_x(filled,name):
    for case in t.CASES:
        if case.query!=name: continue
        with filled.transaction(force_rollback=True):
            st=f"EXPLAIN (ANALYZE, COSTS ON, BUFFERS OFF)\n{sql.load(name)}"
            print("\n==",name,case.parameters)
            for (l,) in filled.execute(st.encode(),case.parameters).fetchall(): print(l[:200])
filled=t.filled

-- What each worker received and what became of it; the difference must be 0.
SELECT t.worker AS "接收进程", t.received AS "收到", t.stored AS "入库", t.duplicate AS "重复", t.rejected AS "拒收", t.astray AS "守恒差",
       t.committed_at AS "最近提交"
FROM screen.tally t ORDER BY t.worker

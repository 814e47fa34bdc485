import asyncio, time
from tests.integration.play import *
COAL = {"yx_b_steam_flow": 8.2, "yx_b_steam_pressure": 1.25, "yx_b_feed_temp": 60.0, "yx_b_coal_flow": 1250.0}
async def test_x(url):
    START = beijing("2026-11-20T00:00")
    t=time.time()
    async with played(url, county(sewage("w01018","w21003")), START) as p:
        await p.write(every("plant/out", START, HOUR, 24, {"w01018": 30.0, "w21003": 2.0}) + every("plant/out", START, 10*MINUTE, 144, {"w00000": 100.0, "w01010": 16.0,"w01001":7.0}))
        print("w", time.time()-t); t=time.time()
        await p.settle(START + 25*HOUR)
        print("s", time.time()-t); t=time.time()
        print(p.day("plant/out/w01018", "2026-11-20"), p.outcomes("sewage_day", "plant/DW001/w01018"), p.outcomes("sewage_instant", "plant/DW001/w01018"))
        await p.settle(START + 24*40*HOUR)
        print("s 40 days", time.time()-t); t=time.time()
        print(p.outcomes("sewage_day", "plant/DW001/w01018"), p.verdicts("data_rate", "plant/DW001"))
        print(p.incidents())
async def test_y(url):
    START = beijing("2026-11-20T00:00")
    t=time.time()
    async with played(url, county(stacked(boiler("B1", eia_approved="2012-01-01", manufactured="2012-01-01"), boiler("B2"))), START) as p:
        await p.write(every("heat/cems", START, MINUTE, 1440, {"a34013": 30.0, "a21026": 2.0, "a21002":100.0, "a19001":9.0,"a00000":10}) + every("heat/dcs-B2", START, MINUTE, 1440, COAL))
        print("w", time.time()-t); t=time.time()
        await p.settle(START + 25*HOUR)
        print("s", time.time()-t); t=time.time()
        print(p.outcomes("air_hour", "heat/DA001/a34013"), p.outcomes("boiler_efficiency", "heat/B2"), p.incidents())
async def test_z(url):
    START = beijing("2026-11-20T00:00")
    t=time.time()
    async with played(url, county(unit()), START) as p:
        await p.write(every("unit/meters", START, 15*MINUTE, 96*10, lambda n: {"yx_e_kwh": 1000.0+n}))
        print("w", time.time()-t); t=time.time()
        await p.settle(START + 25*10*HOUR)
        print("s", time.time()-t); t=time.time()
        print(p.query("select * from monthly"))
        print(p.outcomes("energy_budget", "unit/budget"))

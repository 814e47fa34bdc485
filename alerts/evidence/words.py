"""What a bundle says of itself to people. Pure."""

from __future__ import annotations

README = """永兴县在线监测 · 事件 {incident_id} 证据包
Yongxing online monitoring · evidence of incident {incident_id}
================================================================

{summary}

一、这是什么
本文件夹由监测系统从数据库中导出，用于行政处罚、听证、复核。它含有得出判定所用的限值、当时的登记信息、原始报文、
逐条读数、计算值、判定（含后来更正的）、人员的标记与处置记录，以及可以独立验证它们的程序。

二、怎样核对
    python3 check.py
只需 Python 3.8 以上，不需联网，不需安装任何东西。退出码 0 为全部相符，1 为有差错（指明文件和行）。
不信任包内 check.py 的，可用另行取得的同一程序：python3 /别处/check.py 本文件夹。
生成时屏幕上显示过 manifest.json 的 sha256；核对时显示的应与之相同（请抄录在笔录上）。

三、各文件
README.txt        本说明
check.py          核对程序
incident.json     事件本身、中文摘要、所用规则与版本、时限、签收、所涉测点与时段
verdicts.csv      该对象在时段内的全部判定，含后来更正的（amended_at 不空）
limits.json       判定所用限值的全文：标准、条款、版本、来源、是否核实
registry.json     当时有效的登记信息：单位、设备、测点、许可证（不含联系方式）
hours/days/months.csv  计算值：有效数、应有数、标记、计算规则版本
readings.csv      每个原始读数：UTC 与北京时间、数值、设备标记、是否迟到、所在批次
batches.csv       批次：接收进程、时间、摘要、前一批摘要；kept=0 为按保存期限不再保存
batches/*.bin     批次原文（解压后），与当初计算摘要时逐字节相同
marks.csv         人员所作标记（校准、故障、停运等），含已撤销的
history.jsonl/csv 处置记录，每行含摘要及计算摘要所用原文（text）
chain.csv         本事件首末两行之间全部处置记录的摘要，证明中间未增删
notices.csv       通知了谁、何时、何渠道、回执（不含电话）
explain.md        逐步计算说明
manifest.json     每个文件的 sha256 与字节数、生成时间、生成人、程序版本
manifest.sha256   manifest.json 的 sha256
时刻均写明时区；“日”为北京时间的日。表格单元格若以 = + - @ 开头，前面加一个单引号，以防表格软件当作公式。

四、核对程序证明什么
1. 每个文件与清单相符，没有缺失、多出或改动；
2. 每个批次的原文算出的摘要等于当时记下的摘要；
3. readings.csv 的每一行都能在其批次原文中找到，时刻、数值、标记完全相同；
4. 读数全部正常的小时，其平均值（pH 按氢离子）与读数相符；
5. 每个判定按限值小数位“四舍六入五成双”修约后与限值比较，结论相同；
6. 处置记录每行的摘要可由原文重算，并与前后行相连。

五、核对程序不证明什么
日均值的流量加权、折算、热效率、能耗等计算（见 explain.md，可逐步手算）；迟到与否；仪器本身是否准确；
本包以外的批次和处置记录是否完整（单位内用 monitor verify 核对全链）；所登记的限值是否与标准原文一致（见 source 与 verified）。
包内各项若被一并重造，只有与另存的摘要（生成时显示的 sha256、备份、其他单位所存副本）比对才能发现。
原文中有而未采用的值（超量程、与先到者不同、重复）只报个数；其拒收原因在系统的拒收记录中。

In English
----------
This folder was taken from the database of the monitoring system for a hearing. `python3 check.py` (Python 3.8 or later, no
network, nothing to install) checks it: exit code 0, all holds; 1, a fault, named by file and line. Use a check.py obtained
elsewhere if you do not trust the one inside, and compare the sha256 of manifest.json it prints with the one that was shown
when the bundle was made.
Files: incident.json the incident, its rule, deadlines and points; verdicts.csv all verdicts of the span, amended ones too;
limits.json the limits in full; registry.json what was registered then; hours, days, months.csv derived values; readings.csv
every raw value; batches.csv and batches/ the raw messages, byte for byte as they were hashed (kept=0: no longer kept);
marks.csv persons' marks; history.jsonl, history.csv, chain.csv the acts and their unbroken chain of digests; notices.csv who
was told, without telephone numbers; explain.md the calculation step by step; manifest.json sha256 and size of every file.
A cell that begins with = + - @ has a ' before it, so that no spreadsheet runs it as a formula.
It proves: no file is changed, missing or added; each batch gives its digest; each reading stands in its batch with that time,
value and mark; plain hour means; the comparison of each verdict with its limit after rounding half to even; the history's
digests and links. It does not prove: flow weighting, conversion, efficiency and energy (see explain.md); lateness; that an
instrument is right; that batches and acts outside this folder are complete (`monitor verify` does, at the bureau); that the
limits are those of the standards (see source, verified). If everything were forged together, only a digest kept elsewhere
would show it.
"""

# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""How the page looks: light and dark, wide screens and phones."""

STYLE = """
:root{color-scheme:light dark;--ink:#1c2330;--soft:#5d687b;--line:#dfe3ea;--page:#f4f6f9;
--card:#fff;--bar:#4054b2;--pale:#c9d0f0;--gap:#8793a540}
@media(prefers-color-scheme:dark){:root{--ink:#e6e9ef;--soft:#9aa5b6;--line:#343b48;
--page:#13161c;--card:#1c2029;--bar:#8c9cf0;--pale:#414b7d;--gap:#8793a538}}
*{box-sizing:border-box}
body{margin:0;padding:24px;background:var(--page);color:var(--ink);
font:15px/1.5 system-ui,sans-serif;-webkit-text-size-adjust:100%}
main{max-width:1040px;margin:auto}
h1{font-size:24px;line-height:1.3;margin:0 0 4px;overflow-wrap:anywhere}
h2{font-size:17px;margin:0 0 12px}
p,ul{margin:0;color:var(--soft);overflow-wrap:anywhere}ul{padding-left:20px}
header{margin-bottom:20px}
section{background:var(--card);border:1px solid var(--line);border-radius:10px;
padding:18px 20px;margin:0 0 16px}
section p{margin-top:12px}section h2+p{margin-top:0}
dl{display:grid;gap:14px 20px;margin:0;grid-template-columns:repeat(auto-fit,minmax(130px,1fr))}
dt{color:var(--soft);font-size:13px}dd{margin:0;font-size:20px;font-weight:600}
.plot{display:grid;grid-template-columns:var(--label) 1fr;--label:130px;margin-bottom:24px;
font-size:12px;color:var(--soft)}
.labels{position:relative;padding-right:10px;text-align:right}
.labels div{height:26px;line-height:26px;overflow:hidden;text-overflow:ellipsis;white-space:nowrap}
.field{position:relative;border-bottom:1px solid var(--line)}
.field svg{position:absolute;inset:0;width:100%;height:100%;overflow:visible}
.curve{fill:none;stroke:var(--bar);stroke-width:2;vector-effect:non-scaling-stroke}
.lane{position:relative;height:26px}
.lane i{position:absolute;top:5px;height:16px;min-width:3px;border-radius:3px}
.tick,.gap{position:absolute;top:0;bottom:0}
.tick{border-left:1px solid var(--line)}.gap{background:var(--gap)}
.tick span{position:absolute;top:100%;padding-top:4px;transform:translateX(-50%);
white-space:nowrap}
.tick:first-of-type span{transform:none}.tick.end span{transform:translateX(-100%)}
.high{height:110px}.high div{position:absolute;right:10px;line-height:1;height:auto}
.key{display:inline-block;width:14px;height:12px;background:var(--gap);margin-right:6px}
.wide{overflow-x:auto}
table{border-collapse:collapse;width:100%;font-variant-numeric:tabular-nums}
th{color:var(--soft);font-size:13px;font-weight:500;white-space:nowrap}
th,td{padding:6px 10px;text-align:right;border-bottom:1px solid var(--line);
white-space:nowrap}
tr:last-child td{border-bottom:0}th:first-child,td:first-child{padding-left:0}
.text{text-align:left}.name{white-space:normal;overflow-wrap:anywhere}
td img,.none{display:block;border-radius:8px;width:72px;height:72px;background:var(--line)}
.dot{display:inline-block;width:12px;height:12px;border-radius:3px;margin-right:6px}
.meter{width:45%}.meter div{position:relative;height:10px}
.meter i{position:absolute;inset:0 auto 0 0;border-radius:3px;background:var(--pale);
min-width:2px}.meter i+i{background:var(--bar)}
@media(max-width:600px){body{padding:14px}section{padding:14px}.plot{--label:76px}
.tick:nth-of-type(even) span{display:none}dl{grid-template-columns:1fr 1fr}
th,td{padding:6px}td.name{min-width:84px}.less{display:none}.meter{width:30%}
td img,.none{width:56px;height:56px}}
@media print{body{background:none;padding:0}section{break-inside:avoid}}
"""

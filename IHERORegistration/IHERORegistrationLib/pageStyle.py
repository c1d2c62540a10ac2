"""The style sheet of the HTML pages.

Severities keep their shape and word beside the color; the colors are those of Okabe and Ito, which
stay apart for color-blind readers, and have a contrast of at least 4.5 : 1 on their ground.
"""

STYLE = """
:root {
  --ground: #fbfbfa; --panel: #ffffff; --text: #1d2228; --quiet: #59626c; --line: #dfe2e5;
  --accent: #00548a; --error: #a33a00; --error-ground: #fdece3; --warning: #7a5200;
  --warning-ground: #fdf3d8; --info: #00548a; --info-ground: #e4f1fa; --good: #00634a;
  --good-ground: #e0f3ec;
}
@media screen and (prefers-color-scheme: dark) {
  :root {
    --ground: #14171a; --panel: #1c2024; --text: #e6e8ea; --quiet: #a3abb3; --line: #343a40;
    --accent: #7cc3f2; --error: #ff9b6b; --error-ground: #40231a; --warning: #f2c14e;
    --warning-ground: #3a2f14; --info: #7cc3f2; --info-ground: #16303f; --good: #5fd3ae;
    --good-ground: #14362b;
  }
}
* { box-sizing: border-box; }
html { background: var(--ground); color: var(--text);
  font: 16px/1.55 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial,
    "DejaVu Sans", sans-serif; }
body { max-width: 72rem; margin: 0 auto; padding: 2.5rem 1.5rem 4rem; }
h1 { font-size: 1.9rem; line-height: 1.2; margin: 0 0 .75rem; letter-spacing: -.01em; }
h2 { font-size: 1.2rem; line-height: 1.35; margin: 0 0 .75rem; overflow-wrap: anywhere; }
p { margin: .5rem 0; max-width: 46rem; }
header { margin-bottom: 2rem; }
section { background: var(--panel); border: 1px solid var(--line); border-radius: .6rem;
  padding: 1.25rem 1.5rem; margin: 0 0 1.25rem; }
dl { display: flex; flex-wrap: wrap; gap: .35rem 2rem; margin: .5rem 0; }
dl > div { min-width: 6rem; }
dt { color: var(--quiet); font-size: .8rem; }
dd { margin: 0; overflow-wrap: anywhere; }
.table { overflow-x: auto; margin: .75rem 0; }
.table:focus-visible, a:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; }
table { border-collapse: collapse; width: 100%; font-size: .92rem; }
caption { text-align: left; color: var(--quiet); padding-bottom: .4rem; }
th { text-align: left; font-weight: 600; color: var(--quiet); font-size: .8rem; }
th, td { padding: .5rem .9rem .5rem 0; vertical-align: top; border-bottom: 1px solid var(--line);
  overflow-wrap: break-word; }
td:last-child, th:last-child { padding-right: 0; }
tbody tr:last-child td { border-bottom: 0; }
code { font: .86em ui-monospace, "SF Mono", Menlo, Consolas, "DejaVu Sans Mono", monospace; }
.code { white-space: nowrap; }
.where { min-width: 12rem; display: inline-block; }
.source { color: var(--quiet); font-size: .85em; }
.badge { display: inline-block; white-space: nowrap; border-radius: 1rem; padding: .05rem .65rem;
  font-size: .8rem; font-weight: 600; border: 1px solid currentColor; }
.error { color: var(--error); background: var(--error-ground); }
.warning { color: var(--warning); background: var(--warning-ground); }
.info { color: var(--info); background: var(--info-ground); }
.good { color: var(--good); background: var(--good-ground); }
.counts { display: flex; flex-wrap: wrap; gap: .75rem; margin: 1rem 0; padding: 0; }
.count { display: flex; align-items: baseline; gap: .5rem; border: 1px solid currentColor;
  border-radius: .6rem; padding: .5rem 1rem; min-width: 8rem; }
.count b { font-size: 1.7rem; line-height: 1.1; font-variant-numeric: tabular-nums; }
.gallery { display: grid; grid-template-columns: repeat(auto-fit, minmax(20rem, 1fr)); gap: 1rem;
  margin: 1rem 0; }
figure { margin: 0; }
img { width: 100%; height: auto; display: block; border-radius: .4rem; background: #000; }
figcaption { color: var(--quiet); font-size: .88rem; margin-top: .35rem; }
@media screen and (max-width: 44rem) {
  body { padding: 1.5rem .75rem 3rem; }
  section { padding: 1rem; }
  .stacked thead { display: none; }
  .stacked tr { display: block; padding: .6rem 0; border-bottom: 1px solid var(--line); }
  .stacked td { display: block; padding: .1rem 0; border: 0; }
  .stacked td:nth-child(-n+2) { display: inline-block; margin-right: .6rem; }
}
@media print {
  :root { --ground: #fff; --panel: #fff; --text: #000; --quiet: #444; --line: #bbb;
    --error: #a33a00; --error-ground: #fff; --warning: #7a5200; --warning-ground: #fff;
    --info: #00548a; --info-ground: #fff; --good: #00634a; --good-ground: #fff; }
  html { font-size: 11px; }
  body { padding: 0; max-width: none; }
  section { border: 0; border-top: 1px solid #bbb; border-radius: 0; padding: 1rem 0; }
  h2, caption { break-after: avoid; }
  tr, figure { break-inside: avoid; }
  .table { overflow: visible; }
}
"""

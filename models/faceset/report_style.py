"""How a report looks: light or dark as the reader's system is, from a phone's width upwards, and on paper."""

STYLE = """
:root {
  color-scheme: light dark;
  --ground: #f5f4f1; --card: #ffffff; --ink: #1c1e22; --soft: #5d626b; --line: #e2e0da; --hole: #efede8;
  --good: #17713f; --good-ground: #e3f3e8; --begin: #8a5300; --begin-ground: #fbeed3;
  --short: #b3261e; --short-ground: #fbe4e1; --one: #2f6fde; --two: #a04bc4;
}
@media (prefers-color-scheme: dark) { :root {
  --ground: #121417; --card: #1b1e23; --ink: #e9e8e4; --soft: #a2a7b0; --line: #30343b; --hole: #23272d;
  --good: #7fd8a2; --good-ground: #173325; --begin: #f2bf63; --begin-ground: #392b10;
  --short: #ff9d93; --short-ground: #40201d; --one: #7aa9ff; --two: #d79bf0;
} }
* { box-sizing: border-box; }
body { margin: 0; background: var(--ground); color: var(--ink); font: 16px/1.5 system-ui, -apple-system, "Segoe UI",
  Roboto, "Helvetica Neue", "DejaVu Sans", sans-serif; -webkit-text-size-adjust: 100%; }
main { max-width: 68rem; margin: 0 auto; padding: 1.5rem clamp(.75rem, 3vw, 2rem) 4rem; }
h1 { font-size: clamp(1.6rem, 5vw, 2.3rem); line-height: 1.15; margin: 0 0 .4rem; overflow-wrap: anywhere; }
h2 { font-size: 1.25rem; margin: 0 0 .35rem; } h3 { font-size: 1rem; margin: 0 0 .5rem; }
p { margin: 0 0 .75rem; } section > :last-child { margin-bottom: 0; }
table + .note, .halves + .note { margin-top: .75rem; }
.note, small { color: var(--soft); } .note { font-size: .9rem; max-width: 46rem; }
small { font-size: .85em; }
section, header { background: var(--card); border: 1px solid var(--line); border-radius: 14px;
  padding: clamp(.9rem, 2.5vw, 1.5rem); margin: 0 0 1rem; }
header { border-left: .5rem solid var(--tone); } header p:last-child { margin: .5rem 0 0; }
.kicker { color: var(--soft); margin: 0 0 .2rem; font-size: .9rem; }
.good { --tone: var(--good); --tone-ground: var(--good-ground); }
.begin { --tone: var(--begin); --tone-ground: var(--begin-ground); }
.short { --tone: var(--short); --tone-ground: var(--short-ground); }
.badge { display: inline-block; padding: .08em .6em; border-radius: 99px; background: var(--tone-ground);
  color: var(--tone); font-weight: 600; white-space: nowrap; }
td .badge { font-size: .85rem; }
.parts { display: flex; flex-wrap: wrap; gap: .5rem 1.5rem; list-style: none; padding: 0; margin: .75rem 0 0;
  overflow-wrap: anywhere; } .parts li { min-width: 0; }
ul.words { margin: 0; padding-left: 1.2rem; columns: 2 22rem; column-gap: 2rem; }
ul.words li { break-inside: avoid; margin-bottom: .3rem; overflow-wrap: anywhere; }
table { border-collapse: collapse; width: 100%; } caption { text-align: left; color: var(--soft); }
th { font-weight: 600; text-align: left; }
.figures th, .figures td { padding: .5rem .6rem; border-top: 1px solid var(--line); vertical-align: top; }
.figures thead th { border-top: 0; color: var(--soft); font-weight: 500; font-size: .85rem; padding-top: 0; }
.figures tbody th small { display: block; font-weight: 400; }
.figures td { font-variant-numeric: tabular-nums; } .figures td { white-space: nowrap; }
.figures td b { display: inline-block; min-width: 5rem; }
.figures th:first-child, .figures td:first-child { padding-left: 0; }
.cells { table-layout: fixed; border-spacing: .35rem; border-collapse: separate; }
.cells th { font-size: .8rem; font-weight: 500; color: var(--soft); line-height: 1.25; vertical-align: bottom; }
.cells thead th { text-align: center; } .cells tbody th { width: 3.4rem; vertical-align: middle; }
.cells td { padding: 0; vertical-align: top; text-align: center; }
.cells col.head { width: 3.4rem; }
.pair { display: grid; gap: .3rem; grid-template-columns: 1fr; } .poses .pair { grid-template-columns: 1fr 1fr; }
figure { margin: 0; } figcaption { font-size: .8rem; line-height: 1.3; padding: .15rem 0 .1rem;
  font-variant-numeric: tabular-nums; }
figure img, .hole { display: block; width: 100%; height: auto; aspect-ratio: 1; border-radius: 8px; object-fit: cover;
  background: var(--hole); }
.hole { border: 1.5px dashed var(--line); background: repeating-linear-gradient(45deg, transparent 0 7px, var(--hole)
  7px 14px); }
.wanted .hole { border-color: var(--short); }
.one img, .one .hole { border-top: 4px solid var(--one); } .two img, .two .hole { border-top: 4px solid var(--two); }
.name { font-weight: 600; } .name.one { color: var(--one); } .name.two { color: var(--two); }
.none.wanted figcaption { color: var(--short); font-weight: 600; }
.little figcaption { color: var(--begin); font-weight: 600; }
.strips { display: grid; gap: 1.5rem 2rem; grid-template-columns: repeat(auto-fit, minmax(min(100%, 18rem), 1fr)); }
.strips .cells td figure { width: 100%; max-width: 6.5rem; margin: 0 auto; }
.strips figcaption { min-height: 3em; } .strips figcaption small { display: block; }
.halves { display: grid; gap: 1.2rem 2rem; grid-template-columns: repeat(auto-fit, minmax(min(100%, 24rem), 1fr)); }
.halves .words { columns: 1; }
.row { display: grid; gap: .5rem; grid-template-columns: repeat(auto-fill, minmax(5.5rem, 1fr)); margin: 0 0 1.2rem; }
.row figcaption { overflow-wrap: anywhere; font-size: .72rem; color: var(--soft); }
svg { display: block; width: 100%; height: auto; } svg text { font: 12px system-ui, "DejaVu Sans", sans-serif;
  fill: var(--soft); } svg .bar { fill: var(--one); } svg .axis { stroke: var(--line); }
svg .mark { stroke: var(--ink); stroke-dasharray: 3 3; } svg .mark-text { fill: var(--ink); }
footer { color: var(--soft); font-size: .85rem; max-width: 52rem; } footer p { margin: 0 0 .5rem; }
@media (max-width: 40rem) {
  .cells { border-spacing: .2rem; } .cells th { font-size: .68rem; } .cells col.head, .cells tbody th { width: 2.6rem; }
  figcaption { font-size: .7rem; } figcaption small { display: block; }
  .poses .pair { grid-template-columns: 1fr; } .poses .pair figcaption { min-height: 3em; }
  .figures thead { display: none; } .figures tr { display: flex; flex-wrap: wrap; gap: .1rem 1rem; padding: .5rem 0;
    border-top: 1px solid var(--line); }
  .figures th, .figures td { border: 0; padding: 0; white-space: normal; }
  .figures td b { min-width: 0; } .figures th { flex: 1 0 100%; }
  .figures td[data-label]::before { content: attr(data-label) " "; color: var(--soft); font-size: .85rem; }
}
@media print { body { background: none; } section, header { break-inside: avoid; } }
"""

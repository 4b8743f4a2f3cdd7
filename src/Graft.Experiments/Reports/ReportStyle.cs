namespace Graft.Experiments.Reports;

/// <summary>How the report looks: light and dark, on a screen, on a phone, on paper.</summary>
internal static class ReportStyle
{
    /// <summary>The style sheet. The six series colors stay apart for every kind of color vision (Okabe and Ito).</summary>
    public const string Css = """
        :root{color-scheme:light dark;--paper:#fff;--ink:#1b2230;--muted:#5a6476;--line:#d8dee8;--soft:#f4f6fa;--link:#0b5cad;
        --good:#0b7a4d;--bad:#b3341f;--unsure:#8a6100;--goodsoft:#e7f5ee;--badsoft:#fbebe8;--unsuresoft:#fbf3df;
        --base:#76808f;--c0:#0072b2;--c1:#d55e00;--c2:#009e73;--c3:#b8578f;--c4:#b98500;--c5:#3f9fd6}
        @media (prefers-color-scheme:dark){:root{--paper:#12161d;--ink:#e4e8ef;--muted:#9aa5b6;--line:#2d3542;--soft:#1a2029;--link:#7fb8f0;
        --good:#4cc38a;--bad:#ff8f7a;--unsure:#e8b84a;--goodsoft:#12281f;--badsoft:#301a17;--unsuresoft:#2b2413;
        --base:#99a4b4;--c0:#4ea6e6;--c1:#ff8b4d;--c2:#37c499;--c3:#e694c3;--c4:#eebb4d;--c5:#92d2f4}}
        *{box-sizing:border-box}
        body{margin:0;background:var(--paper);color:var(--ink);font:16px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"Noto Sans",sans-serif}
        main{max-width:1060px;margin:0 auto;padding:28px 20px 60px}
        h1{font-size:1.7rem;line-height:1.2;margin:0 0 4px;overflow-wrap:anywhere}
        h2{font-size:1.3rem;margin:52px 0 8px;padding-bottom:6px;border-bottom:1px solid var(--line)}
        h3{font-size:1.05rem;margin:28px 0 6px;overflow-wrap:anywhere}
        h4{font-size:.95rem;margin:16px 0 4px;overflow-wrap:anywhere}
        p{margin:6px 0;max-width:78ch}
        .lead{color:var(--muted)}
        .facts{display:flex;flex-wrap:wrap;gap:2px 18px;list-style:none;padding:0;margin:10px 0;color:var(--muted);font-size:.92rem}
        .facts b{color:var(--ink);font-weight:600}
        nav{display:flex;flex-wrap:wrap;gap:2px 16px;font-size:.92rem;margin:18px 0 0}
        a{color:var(--link)}
        .verdict{border-left:6px solid var(--base);background:var(--soft);padding:14px 18px;margin:20px 0 8px;border-radius:4px}
        .verdict p{font-size:1.18rem;line-height:1.4;margin:0;max-width:none}
        .verdict p+p{font-size:.95rem;margin-top:8px}
        .good{border-color:var(--good);background:var(--goodsoft)}.hurt{border-color:var(--bad);background:var(--badsoft)}
        .unsure{border-color:var(--unsure);background:var(--unsuresoft)}
        .notice{border-left:4px solid var(--unsure);background:var(--unsuresoft);padding:8px 14px;margin:8px 0;border-radius:3px;overflow-wrap:anywhere}
        .notice.err{border-color:var(--bad);background:var(--badsoft)}
        .charts{display:flex;flex-wrap:wrap;gap:10px 20px;align-items:flex-start;margin:8px 0}
        figure{margin:0;max-width:100%;min-width:0}
        figcaption{font-size:.86rem;color:var(--muted);max-width:60ch}
        .note{font-size:.86rem;color:var(--muted)}
        .scroll{overflow-x:auto;max-width:100%}
        svg{max-width:100%;height:auto;display:block}
        .wide svg{max-width:none}
        table{border-collapse:collapse;font-size:.92rem;margin:8px 0 12px;font-variant-numeric:tabular-nums}
        caption{text-align:left;color:var(--muted);font-size:.86rem;padding-bottom:4px}
        th,td{text-align:left;padding:4px 14px 4px 0;border-bottom:1px solid var(--line);vertical-align:top;font-weight:400;max-width:44ch;overflow-wrap:break-word}
        thead th{font-weight:600;white-space:nowrap;border-bottom:2px solid var(--line)}
        .n{text-align:right;white-space:nowrap}
        .star{color:var(--c4);margin-left:3px}
        .legend{display:flex;flex-wrap:wrap;gap:2px 16px;font-size:.9rem;list-style:none;padding:0;margin:6px 0}
        .legend svg{display:inline-block;vertical-align:-2px;margin-right:5px}
        details{margin:8px 0}
        summary{cursor:pointer;color:var(--link);font-size:.94rem}
        pre{background:var(--soft);padding:12px 14px;overflow-x:auto;font:13px/1.45 ui-monospace,"Cascadia Mono",Menlo,Consolas,monospace;border-radius:4px}
        code{font:.92em ui-monospace,"Cascadia Mono",Menlo,Consolas,monospace;overflow-wrap:anywhere}
        .cards{display:flex;flex-wrap:wrap;gap:12px;margin:8px 0}
        .card{border:1px solid var(--line);border-radius:6px;padding:8px;font-size:.82rem;line-height:1.35;width:150px;overflow-wrap:anywhere}
        .card.text{width:250px}
        .card img,.thumbs img{image-rendering:pixelated;display:block;background:var(--soft);object-fit:contain}
        .card img{width:96px;height:96px;margin-bottom:6px}
        .thumbs{display:flex;flex-wrap:wrap;gap:8px}
        .thumbs figure{width:72px;font-size:.76rem;line-height:1.2;overflow-wrap:anywhere}.thumbs img{width:64px;height:64px}
        .wrong{color:var(--bad);font-weight:600}
        .t{font-size:12px;fill:var(--ink)}.s{font-size:11px;fill:var(--muted)}.m{fill:var(--muted);font-size:11px}.h{font-size:12px;font-weight:600}.on{fill:var(--paper)}
        .grid{stroke:var(--line);stroke-width:1}.axis{stroke:var(--muted);stroke-width:1}.zero{stroke:var(--ink);stroke-width:1.4}
        .dash{stroke:var(--muted);stroke-dasharray:4 3;stroke-width:1.2}
        path{fill:none}.thin{stroke-width:1;opacity:.42}.thick{stroke-width:2.2}.hair{stroke-width:1;opacity:.45}
        .hit{fill:var(--c0)}.miss{fill:var(--c1)}.bad{stroke:var(--bad)}.bad.fill{fill:var(--bad)}
        .base{stroke:var(--base)}.c0{stroke:var(--c0)}.c1{stroke:var(--c1)}.c2{stroke:var(--c2)}.c3{stroke:var(--c3)}.c4{stroke:var(--c4)}.c5{stroke:var(--c5)}
        .fill{stroke:none}.base.fill,.base.cloud{fill:var(--base)}.c0.fill,.c0.cloud{fill:var(--c0)}.c1.fill,.c1.cloud{fill:var(--c1)}.c2.fill,.c2.cloud{fill:var(--c2)}
        .c3.fill,.c3.cloud{fill:var(--c3)}.c4.fill,.c4.cloud{fill:var(--c4)}.c5.fill,.c5.cloud{fill:var(--c5)}
        .edge{stroke:var(--paper);stroke-width:1}.ring{fill:var(--paper);stroke-width:1.6}.cloud{stroke:none;fill-opacity:.45}
        @media (max-width:560px){main{padding:18px 12px 40px}h1{font-size:1.4rem}.verdict p{font-size:1.05rem}}
        @media print{:root{color-scheme:light}main{max-width:none;padding:0}nav{display:none}h2{margin-top:28px}
        figure,.card,tr{break-inside:avoid}h2,h3{break-after:avoid}details::details-content{content-visibility:visible;display:block}
        *{print-color-adjust:exact;-webkit-print-color-adjust:exact}}
        """;
}

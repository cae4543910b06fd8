"use strict";
(() => {
  const data = JSON.parse(document.getElementById("data").textContent);
  const NS = "http://www.w3.org/2000/svg";
  const DASHES = { BTC: "7 3", ETH: "2 3", "hedged-BTC": "7 3", "hedged-ETH": "2 3", "sol-holder": "2 3", keeper: "9 3 2 3", maker: "7 3", momentum: "5 2 1 2", stopped: "4 2", collared: "12 3" };

  const make = (parent, name, attributes = {}, text) => {
    const node = document.createElementNS(NS, name);
    for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
    if (text !== undefined) node.textContent = text;
    parent.append(node);
    return node;
  };
  const html = (parent, name, attributes = {}, text) => {
    const node = document.createElement(name);
    for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
    if (text !== undefined) node.textContent = text;
    parent.append(node);
    return node;
  };
  const minutes = (step) => {
    const all = Math.round((step * data.seconds) / 60);
    return `${Math.floor(all / 60)} h ${String(all % 60).padStart(2, "0")} min`;
  };
  const color = (at) => `var(--c${(at % 8) + 1})`;
  const number = (value, digits) => value.toLocaleString("en-US", { minimumFractionDigits: digits, maximumFractionDigits: digits });

  const bps = (value) => (Math.abs(value) < 0.05 ? "0.0" : (value > 0 ? "+" : "") + number(value, 1).replace("-", "−"));

  /* A scale from values to pixels; what is outside is drawn at the edge. */
  function scale([low, high], [from, to], log) {
    const f = log ? Math.log : (v) => v;
    const span = f(high) - f(low);
    return (value) => from + ((f(Math.min(high, Math.max(low, value))) - f(low)) / span) * (to - from);
  }

  /* Lines over the steps. spec: series [{name, color, dash, points: [[x, y|null]]}], range, ticks, log,
     lines [{at, text, strong}], marks [{x, y, color, text}], bars [{from, to, at, color, text}], format, describe, labels */
  function lineChart(figure, spec) {
    legend(figure, spec);
    const holder = html(figure, "div");
    const tip = html(figure, "div", { class: "tip", hidden: "", "aria-hidden": "true" });
    let drawnAt = 0;
    const draw = () => {
      const width = Math.max(260, Math.floor(figure.clientWidth));
      if (width === drawnAt) return;
      drawnAt = width;
      holder.replaceChildren();
      const wide = width > 560;
      const height = wide ? 340 : 280;
      const right = spec.labels && wide ? 116 : 12;
      const box = { left: 40, right: width - right, top: 10, bottom: height - 40 };
      const svg = make(holder, "svg", { viewBox: `0 0 ${width} ${height}`, role: "img", tabindex: "0", "aria-label": spec.describe });
      make(svg, "title", {}, spec.describe);
      const x = scale([0, data.steps], [box.left, box.right]);
      const y = scale(spec.range, [box.bottom, box.top], spec.log);
      grid(svg, box, x, y, spec, wide);
      for (const bar of spec.bars || []) {
        const [top, zero] = [y(Math.max(bar.at, 0)), y(Math.min(bar.at, 0))];
        const shape = make(svg, "rect", { x: x(bar.from), y: top, width: x(bar.to) - x(bar.from), height: Math.max(zero - top, 1), fill: bar.color });
        make(shape, "title", {}, bar.text);
      }
      const ends = [];
      for (const series of spec.series) {
        let path = "";
        let pen = false;
        for (const [px, py] of series.points) {
          if (py === null) { pen = false; continue; }
          path += `${pen ? "L" : "M"}${x(px).toFixed(1)} ${y(py).toFixed(1)}`;
          pen = true;
        }
        make(svg, "path", { d: path, fill: "none", stroke: series.color, "stroke-width": series.width || 2,
          "stroke-dasharray": series.dash || "none", "stroke-linejoin": "round", "stroke-linecap": "round" });
        series.points.forEach(([px, py], at) => {
          const alone = (series.points[at - 1]?.[1] ?? null) === null && (series.points[at + 1]?.[1] ?? null) === null;
          if (py !== null && alone) make(svg, "circle", { cx: x(px), cy: y(py), r: 2.5, fill: series.color });
        });
        const last = series.points.filter(([, py]) => py !== null).pop();
        if (last && last[0] >= data.steps) ends.push({ series, y: y(last[1]), value: last[1] });
      }
      for (const mark of spec.marks || []) {
        const [mx, my] = [x(mark.x), y(mark.y)];
        const shape = make(svg, "path", { d: `M${mx - 5} ${my - 9}h10l-5 8z`, fill: mark.color, stroke: "var(--card)", "stroke-width": 1 });
        make(shape, "title", {}, mark.text);
      }
      if (spec.labels && wide) endLabels(svg, box, ends, spec);
      pointer(svg, figure, tip, box, x, spec, width);
    };
    draw();
    new ResizeObserver(draw).observe(figure);
  }

  function legend(figure, spec) {
    const list = html(figure, "ul", { class: "legend" });
    const entry = (text, build) => {
      const item = html(list, "li");
      build(make(item, "svg", { viewBox: "0 0 22 10", "aria-hidden": "true" }));
      item.append(text);
    };
    for (const series of spec.series) {
      entry(series.name, (svg) => make(svg, "path", { d: "M1 5h20", stroke: series.color, "stroke-width": 2.5, "stroke-dasharray": series.dash || "none" }));
    }
    if ((spec.bars || []).length) entry("rate of an interval", (svg) => make(svg, "rect", { x: 4, y: 0, width: 14, height: 10, fill: "var(--quiet)", opacity: 0.45 }));
    if ((spec.marks || []).length) entry("liquidation", (svg) => make(svg, "path", { d: "M6 1h10l-5 8z", fill: "var(--quiet)" }));
  }

  function grid(svg, box, x, y, spec, wide) {
    for (const tick of spec.ticks) {
      make(svg, "path", { d: `M${box.left} ${y(tick)}H${box.right}`, stroke: "var(--grid)" });
      make(svg, "text", { x: box.left - 6, y: y(tick) + 4, "text-anchor": "end" }, String(tick).replace("-", "−"));
    }
    for (const line of spec.lines || []) {
      const stroke = line.strong ? "var(--bad)" : "var(--quiet)";
      make(svg, "path", { d: `M${box.left} ${y(line.at)}H${box.right}`, stroke, "stroke-width": line.strong ? 1.6 : 1, "stroke-dasharray": line.strong ? "none" : "3 3" });
      const text = make(svg, "text", { x: box.right - 4, y: y(line.at) + (line.below ? 15 : -5), class: "label", "text-anchor": "end" }, line.text);
      text.style.fill = stroke;
    }
    const every = Math.ceil(data.steps / (wide ? 8 : 4) / 5) * 5;
    for (let step = 0; step <= data.steps; step += every) {
      make(svg, "text", { x: x(step), y: box.bottom + 18, "text-anchor": "middle" }, String(step));
    }
    make(svg, "text", { x: (box.left + box.right) / 2, y: box.bottom + 35, "text-anchor": "middle" }, `step (${number(data.seconds / 60, data.seconds % 60 ? 1 : 0)} minutes each)`);
  }

  /* Names at the ends of the lines, moved apart where they would overlap. */
  function endLabels(svg, box, ends, spec) {
    ends.sort((a, b) => a.y - b.y);
    let before = -Infinity;
    for (const end of ends) {
      const at = Math.max(end.y + 4, before + 15);
      before = at;
      const text = make(svg, "text", { x: box.right + 8, y: at, class: "label" }, `${end.series.short || end.series.name} ${spec.format(end.value)}`);
      text.style.fill = end.series.color;
    }
  }

  /* A line through the step under the pointer or chosen with the arrow keys, and its figures. */
  function pointer(svg, figure, tip, box, x, spec, width) {
    const line = make(svg, "path", { stroke: "var(--quiet)", "stroke-width": 1, visibility: "hidden" });
    let step = 0;
    const show = (to) => {
      step = Math.max(0, Math.min(data.steps, to));
      line.setAttribute("d", `M${x(step)} ${box.top}V${box.bottom}`);
      line.setAttribute("visibility", "visible");
      tip.replaceChildren();
      html(tip, "b", {}, `step ${step}, ${minutes(step)}`);
      for (const series of spec.series) {
        const here = series.points.filter(([px]) => Math.floor(px + 1e-9) === step);
        const values = here.map(([, py]) => (py === null ? "–" : spec.format(py)));
        const row = html(tip, "div");
        html(row, "i").style.background = series.color;
        row.append(`${series.name} ${values.filter((v, at) => v !== values[at - 1]).join(" → ") || "–"}`);
      }
      tip.hidden = false;
      const ratio = figure.clientWidth / width;
      const left = x(step) * ratio;
      const space = figure.clientWidth - tip.offsetWidth;
      tip.style.left = `${Math.max(0, left + 14 > space ? left - tip.offsetWidth - 14 : left + 14)}px`;
      tip.style.top = `${svg.parentNode.offsetTop + box.top}px`;
    };
    const hide = () => { tip.hidden = true; line.setAttribute("visibility", "hidden"); };
    svg.addEventListener("pointermove", (event) => {
      const rect = svg.getBoundingClientRect();
      const px = ((event.clientX - rect.left) / rect.width) * width;
      show(Math.round(((px - box.left) / (box.right - box.left)) * data.steps));
    });
    svg.addEventListener("pointerleave", hide);
    svg.addEventListener("blur", hide);
    svg.addEventListener("keydown", (event) => {
      const move = { ArrowRight: 1, ArrowLeft: -1, Home: -data.steps, End: data.steps }[event.key];
      if (!move) return;
      event.preventDefault();
      show(step + move);
    });
  }

  /* A book: dollars from the best price down, over the distance from the index in basis points. */
  const REACH = 40;
  function depthChart(figure, book, most) {
    figure.querySelector("figcaption").textContent = `SOL's book ${book.title}`;
    const best = (levels) => (levels.length ? `${bps(levels[0][0])} bps` : "none");
    const describe = `SOL's book ${book.title}: best bid ${best(book.bids)} and best ask ${best(book.asks)} from the index.`;
    const holder = html(figure, "div");
    let drawnAt = 0;
    const draw = () => {
      const width = Math.max(260, Math.floor(figure.clientWidth));
      if (width === drawnAt) return;
      drawnAt = width;
      holder.replaceChildren();
      const box = { left: 48, right: width - 10, top: 22, bottom: 210 };
      const svg = make(holder, "svg", { viewBox: `0 0 ${width} 250`, role: "img", "aria-label": describe });
      make(svg, "title", {}, describe);
      const x = scale([-REACH, REACH], [box.left, box.right]);
      const y = scale([0, most], [box.bottom, box.top]);
      const step = 50000 * Math.ceil(most / 250000);
      for (let value = 0; value <= most; value += step) {
        make(svg, "path", { d: `M${box.left} ${y(value)}H${box.right}`, stroke: "var(--grid)" });
        make(svg, "text", { x: box.left - 6, y: y(value) + 4, "text-anchor": "end" }, value ? `${value / 1000}k` : "0");
      }
      for (const [levels, tone, end, name] of [[book.bids, "good", box.left, "bids"], [book.asks, "bad", box.right, "asks"]]) {
        const inside = levels.filter(([far]) => Math.abs(far) <= REACH);
        if (!inside.length) continue;
        let path = `M${x(inside[0][0])} ${box.bottom}`;
        inside.forEach(([, value], at) => {
          path += `V${y(value)}H${inside[at + 1] ? x(inside[at + 1][0]) : end}`;
        });
        make(svg, "path", { d: `${path}V${box.bottom}Z`, fill: `color-mix(in srgb, var(--${tone}) 22%, transparent)`, stroke: `var(--${tone})`, "stroke-width": 1.5 });
        const text = make(svg, "text", { x: end === box.left ? end + 6 : end - 6, y: y(inside[inside.length - 1][1]) - 6, class: "label", "text-anchor": end === box.left ? "start" : "end" },
          `${name}, best ${best(levels)}`);
        text.style.fill = `var(--${tone})`;
      }
      make(svg, "path", { d: `M${x(0)} ${box.top}V${box.bottom}`, stroke: "var(--quiet)", "stroke-dasharray": "3 3" });
      make(svg, "text", { x: x(0), y: box.top - 8, class: "label", "text-anchor": "middle" }, "index");
      for (const far of [-40, -20, 0, 20, 40]) {
        make(svg, "text", { x: x(far), y: box.bottom + 17, "text-anchor": far === 40 ? "end" : "middle" }, String(far).replace("-", "−"));
      }
      make(svg, "text", { x: (box.left + box.right) / 2, y: box.bottom + 34, "text-anchor": "middle" }, "basis points from the index; USDC up to there");
    };
    draw();
    new ResizeObserver(draw).observe(figure);
  }

  /* Gains and losses as bars from a common zero. */
  function barChart(figure, bars, describe) {
    const holder = html(figure, "div");
    let drawnAt = 0;
    const draw = () => {
      const width = Math.max(260, Math.floor(figure.clientWidth));
      if (width === drawnAt) return;
      drawnAt = width;
      holder.replaceChildren();
      const row = 30;
      const svg = make(holder, "svg", { viewBox: `0 0 ${width} ${bars.length * row + 6}`, role: "img", "aria-label": describe });
      make(svg, "title", {}, describe);
      const most = Math.max(...bars.map((bar) => Math.abs(bar.value)));
      const x = scale([-most, most], [width < 560 ? 150 : 230, width - 90]);
      bars.forEach((bar, at) => {
        const top = at * row + 4;
        const [a, b] = [x(Math.min(0, bar.value)), x(Math.max(0, bar.value))];
        make(svg, "text", { x: 0, y: top + 15, class: at === bars.length - 1 ? "label" : "" }, bar.name);
        make(svg, "rect", { x: a, y: top, width: Math.max(1.5, b - a), height: 20, rx: 2, fill: bar.value < 0 ? "var(--bad)" : "var(--good)" });
        const inside = bar.value < 0 && a < x(0) - 1;
        make(svg, "text", { x: inside ? x(0) + 6 : b + 6, y: top + 15, class: "label" }, (bar.value > 0 ? "+" : "") + number(bar.value, 2).replace("-", "−"));
      });
      make(svg, "path", { d: `M${x(0)} 0V${bars.length * row}`, stroke: "var(--quiet)" });
    };
    draw();
    new ResizeObserver(draw).observe(figure);
  }

  const at = (id) => document.querySelector(`[data-chart="${id}"]`);
  const ratio = (value) => (value >= 100 ? number(value, 0) : number(value, 2));
  /* The same account, or the same asset, has the same colour in every chart. */
  const PLACE = { hedged: 0, leveraged: 1, "sol-holder": 2, keeper: 3, maker: 4, momentum: 5, stopped: 6, collared: 7, together: 0, "hedged-SOL": 3, "hedged-BTC": 1, "hedged-ETH": 2, SOL: 3, BTC: 1, ETH: 2 };
  const margin = (house, keep, range, describe) => {
    const series = house.accounts
      .map(({ name, points }, index) => ({ name, points, index, color: color(PLACE[name]), dash: DASHES[name], short: name.replace("hedged-", "") }))
      .filter(({ name }) => keep(name))
      .sort((a, b) => PLACE[a.name] - PLACE[b.name]);
    const marks = house.marks.flatMap(({ x, y, account, text }) => {
      const own = series.find(({ index }) => index === account);
      return own ? [{ x, y, text, color: own.color }] : [];
    });
    const ticks = [0.2, 0.5, 1, 2, 5, 10, 20, 50, 100].filter((tick) => tick >= range[0] && tick <= range[1]);
    return { series, marks, range, ticks, log: true, format: ratio, describe, labels: true,
      lines: [{ at: 1, text: "maintenance margin", strong: true, below: true }, { at: data.target, text: "" }] };
  };
  const [cross, isolated] = data.houses;
  const hedged = (name) => name.startsWith("hedged");
  const words = (house, keep) => house.accounts.filter(({ name }) => keep(name)).map(({ name, points }) => {
    const values = points.map(([, value]) => value).filter((value) => value !== null);
    return `${name} between ${ratio(Math.min(...values, Infinity))} and ${ratio(Math.max(...values, 0))}`;
  }).join("; ");
  lineChart(at("cross-hedged"), margin(cross, hedged, [0.2, 20], `Margin ratio of the hedged account: ${words(cross, hedged)}. Never below 1.`));
  lineChart(at("isolated-hedged"), margin(isolated, hedged, [0.2, 20], `Margin ratios of the isolated accounts: ${words(isolated, hedged)}.`));
  const everybody = (name) => name !== "keeper";
  lineChart(at("accounts"), margin(cross, () => true, [0.2, 100], `Margin ratios of all accounts: ${words(cross, everybody)}.`));
  lineChart(at("prices"), {
    series: data.prices.map(({ name, values }) => ({ name, points: values.map((value, step) => [step, value]), color: color(PLACE[name]), dash: DASHES[name] })),
    range: data.price_range, ticks: [70, 75, 80, 85, 90, 95, 100, 105].filter((t) => t >= data.price_range[0] && t <= data.price_range[1]),
    lines: [], format: (value) => number(value, 1), labels: true,
    describe: `Prices indexed to 100 at the start: ${data.prices.map(({ name, values }) => `${name} ends at ${number(values[values.length - 1], 1)}`).join(", ")}.`,
  });
  const all = data.premiums.flatMap(({ values }) => values);
  const reach = [Math.floor(Math.min(-1, ...all) / 2) * 2, Math.ceil(Math.max(1, ...all) / 2) * 2];
  lineChart(at("premium"), {
    series: data.premiums.map(({ name, values }) => ({ name, points: values.map((value, step) => [step, value]), color: color(PLACE[name]), dash: DASHES[name] })),
    bars: data.rates.map(({ market, from, to, rate }) => {
      const [name, part] = [data.premiums[market].name, (to - from) / 3];
      return { from: from + part * market + 0.1, to: from + part * (market + 1) - 0.1, at: rate, color: `color-mix(in srgb, ${color(PLACE[name])} 38%, transparent)`,
        text: `${name}, steps ${from} to ${to}: rate ${bps(rate)} basis points` };
    }),
    range: reach, ticks: Array.from({ length: (reach[1] - reach[0]) / 2 + 1 }, (_, at) => reach[0] + 2 * at), lines: [{ at: 0, text: "" }], format: bps, labels: true,
    describe: `Premium in basis points: ${data.premiums.map(({ name, values }) => `${name} between ${bps(Math.min(...values))} and ${bps(Math.max(...values))}`).join(", ")}.`,
  });
  const deltas = data.deltas.flatMap(({ values }) => values);
  const span = [Math.floor(Math.min(0, ...deltas) / 10) * 10, Math.ceil(Math.max(0, ...deltas) / 10) * 10];
  const signed = (value) => number(value, 1).replace("-", "−");
  lineChart(at("deltas"), {
    series: data.deltas.map(({ name, values }) => ({ name, points: values.map((value, step) => [step, value]), color: color(PLACE[name]), dash: DASHES[name] })),
    range: span, ticks: Array.from({ length: (span[1] - span[0]) / 10 + 1 }, (_, at) => span[0] + 10 * at), lines: [{ at: 0, text: "" }], format: signed, labels: true,
    describe: `Delta of the account with options in thousands of USDC: ${data.deltas.map(({ name, values }) => `${name} from ${signed(values[0])} to ${signed(values[values.length - 1])}`).join(", ")}.`,
  });
  const dollars = Math.max(...data.books.flatMap(({ bids, asks }) => [...bids, ...asks].filter(([far]) => Math.abs(far) <= REACH).map(([, value]) => value)));
  data.books.slice(0, 2).forEach((book, index) => depthChart(at(`depth-${index}`), book, dollars));
  barChart(at("collar"), data.collar, `Gains and losses of the legs of the account with options in USDC: ${data.collar.map(({ name, value }) => `${name} ${number(value, 2)}`).join(", ")}.`);
  barChart(at("legs"), data.legs, `Gains and losses of the legs in USDC: ${data.legs.map(({ name, value }) => `${name} ${number(value, 2)}`).join(", ")}.`);
})();

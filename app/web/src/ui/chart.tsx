/** Lines over an axis, drawn by uPlot. Numbers come in as they are drawn: no figure is computed here. */
import { useEffect, useRef } from 'react';
import uPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';
import { useLook } from './theme';

export interface Line {
  readonly name: string;
  /** A token of the style sheet, such as `--accent`. */
  readonly color: string;
  readonly dash?: readonly number[];
  readonly values: readonly (number | null)[];
  /** Fills down to the axis. */
  readonly fill?: boolean;
}

export interface ChartProps {
  /** Said to those who cannot see it: what the lines show. */
  readonly label: string;
  readonly x: readonly number[];
  readonly lines: readonly Line[];
  readonly height: number;
  /** Whether the scale fits the lines closely, as for a price; else it shows zero too where it is near. */
  readonly close?: boolean;
  /** Whether the axis is time, unix seconds; else a number that `formatX` writes. */
  readonly time?: boolean;
  readonly formatX?: (value: number) => string;
  readonly formatY: (value: number) => string;
  /** Vertical marks at these places. */
  readonly marks?: readonly { readonly at: number; readonly color: string; readonly name: string }[];
}

function token(name: string): string {
  return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
}

function options(props: ChartProps, width: number): uPlot.Options {
  const [ink, grid] = [token('--muted'), token('--line')];
  const font = `11px ${token('--font')}`;
  const axis = { stroke: ink, font, grid: { stroke: grid, width: 1 }, ticks: { stroke: grid, width: 1, size: 4 } };
  const formatX = props.formatX;
  return {
    width,
    height: props.height,
    padding: [10, 18, 0, 0],
    legend: { show: false },
    cursor: { y: false, points: { size: 6 }, drag: { x: false, y: false } },
    scales: { x: { time: props.time ?? false }, ...(props.close && { y: { range: closely } }) },
    series: [
      {},
      ...props.lines.map((line): uPlot.Series => ({
        label: line.name,
        stroke: token(line.color),
        width: 1.5,
        // Whole pixels would make steps of a slope.
        pxAlign: 0,
        points: { show: false },
        ...(line.dash && { dash: [...line.dash] }),
        ...(line.fill && { fill: `${token(line.color)}18` }),
      })),
    ],
    axes: [
      { ...axis, size: 26, space: 64, ...(formatX && { values: (_: uPlot, splits: number[]) => splits.map(formatX) }) },
      { ...axis, size: 62, space: 34, values: (_: uPlot, splits: number[]) => splits.map(props.formatY) },
    ],
    hooks: { draw: [(plot) => drawMarks(plot, props.marks ?? [], font)] },
  };
}

/** A little room above and below; and where nothing moves, enough that a hair is not drawn as a cliff. */
function closely(_: uPlot, low: number | null, high: number | null): uPlot.Range.MinMax {
  if (low === null || high === null) return [0, 1];
  const room = Math.max((high - low) * 0.1, Math.abs(high) * 0.0005);
  return [low - room, high + room];
}

function drawMarks(plot: uPlot, marks: NonNullable<ChartProps['marks']>, font: string): void {
  const { ctx, bbox } = plot;
  ctx.save();
  ctx.font = font;
  ctx.setLineDash([3, 3]);
  for (const mark of marks) {
    const x = plot.valToPos(mark.at, 'x', true);
    if (x < bbox.left || x > bbox.left + bbox.width) continue;
    ctx.strokeStyle = ctx.fillStyle = token(mark.color);
    ctx.lineWidth = devicePixelRatio;
    ctx.beginPath();
    ctx.moveTo(x, bbox.top);
    ctx.lineTo(x, bbox.top + bbox.height);
    ctx.stroke();
  }
  ctx.restore();
}

export function Chart(props: ChartProps) {
  const place = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | null>(null);
  const look = useLook();
  const shape = `${look}|${props.height}|${props.lines.map((line) => `${line.name}${line.color}`).join()}|${JSON.stringify(props.marks ?? [])}`;
  const latest = useRef(props);
  latest.current = props;

  useEffect(() => {
    const element = place.current;
    if (!element) return;
    const drawn = new uPlot(options(latest.current, element.clientWidth || 300), data(latest.current), element);
    plot.current = drawn;
    const resize = new ResizeObserver(() => drawn.setSize({ width: element.clientWidth, height: latest.current.height }));
    resize.observe(element);
    return () => {
      resize.disconnect();
      drawn.destroy();
      plot.current = null;
    };
  }, [shape]);

  useEffect(() => {
    plot.current?.setData(data(props));
  }, [props.x, props.lines]);

  return (
    <figure>
      <div ref={place} role="img" aria-label={props.label} style={{ height: props.height }} />
      <figcaption className="legend">
        {props.lines.map((line) => (
          <span key={line.name}>
            <i style={{ background: `var(${line.color})` }} /> {line.name}
          </span>
        ))}
        {props.marks?.map((mark) => (
          <span key={mark.name}>
            <i className="dashed" style={{ borderColor: `var(${mark.color})` }} /> {mark.name}
          </span>
        ))}
      </figcaption>
    </figure>
  );
}

function data(props: ChartProps): uPlot.AlignedData {
  return [[...props.x], ...props.lines.map((line) => [...line.values])];
}

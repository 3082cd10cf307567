// Thousands are written with a comma, 1,760, and read in any usual way.
import { parseNumber } from "../live/shared.js";

// 1760 -> "1,760", −12345.5 -> "−12,345.5".
export const grouped = (value) => {
  const [whole, rest] = String(value).replace("-", "−").split(".");
  return [whole.replace(/\B(?=(\d{3})+$)/g, ","), rest].filter(Boolean).join(".");
};

// The numbers that a text may mean, the likelier first; none where it is no number. Groups of three
// digits may be parted by comma, point, space (of any width), underscore or apostrophe: "3,617,280".
// One comma or point before three digits can be read in two ways: "1,760" is 1760 or 1.76. Where a
// count is expected (`whole`) it may mean both, rather the first. For an amount a point is a decimal
// point; a comma may mean both, rather the decimal. "1,5" and "0,125" are decimals anywhere.
export const readNumbers = (text, whole) => {
  const clean = String(text).trim().replaceAll("−", "-").replace(/\s/g, " ");
  const found = clean.match(/^([-+]?[1-9]\d{0,2})(([,. _'’])\d{3}(?:\3\d{3})*)([.,]\d*)?$/);
  const decimal = parseNumber(clean);
  const known = (...values) => values.filter((value) => value !== null);
  if (!found || found[4]?.[0] === found[3]) return known(decimal);
  const [, head, groups, separator, rest = ""] = found;
  const parted = parseNumber(head + groups.replaceAll(separator, "") + rest.replace(",", "."));
  if (whole) return known(parted, decimal);
  return separator === "." && decimal !== null ? [decimal] : known(decimal, parted);
};

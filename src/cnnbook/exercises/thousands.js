// Thousands are written with a comma, 1,760, and read in any usual way.
import { parseNumber } from "../live/shared.js";

// 1760 -> "1,760", −12345.5 -> "−12,345.5".
export const grouped = (value) => {
  const [whole, rest] = String(value).replace("-", "−").split(".");
  return [whole.replace(/\B(?=(\d{3})+$)/g, ","), rest].filter(Boolean).join(".");
};

// A number as typed, or null. Groups of three digits may be parted by comma, point, space (of any
// width), underscore or apostrophe: "3,617,280", "3 617 280". One comma or point before three digits
// can be read in two ways, "1,760" as 1760 or 1.76: where the expected answer is a whole number
// (`whole`) it parts thousands, elsewhere it is the decimal sign. "1,5" and "0,125" are decimals anywhere.
export const readNumber = (text, whole) => {
  const clean = String(text).trim().replaceAll("−", "-").replace(/\s/g, " ");
  const found = clean.match(/^([-+]?[1-9]\d{0,2})(([,. _'’])\d{3}(?:\3\d{3})*)([.,]\d*)?$/);
  if (!found) return parseNumber(clean);
  const [, head, groups, separator, rest = ""] = found;
  const ambiguous = /[,.]/.test(separator) && groups.length === 4 && !rest;
  if (rest[0] === separator || (ambiguous && !whole)) return parseNumber(clean);
  return parseNumber(head + groups.replaceAll(separator, "") + rest.replace(",", "."));
};

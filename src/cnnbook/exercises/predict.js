// Commit to an option before another widget shows what happens: a choice that reveals.
import { body, judge, more, TEXT as CHOICE } from "./choice.js";

export const TEXT = { ...CHOICE, check: "Commit to it", waiting: "The figure stays covered until you commit.", open: "The figure is uncovered: compare." };
export const reveals = true;
export { body, judge, more };

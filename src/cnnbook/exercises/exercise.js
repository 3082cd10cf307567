// The entry: chooses the kind of answer and puts it into the frame that all kinds share.
import * as choice from "./choice.js";
import * as code from "./code.js";
import { frame } from "./frame.js";
import * as grid from "./grid.js";
import * as number from "./number.js";
import * as predict from "./predict.js";

const KINDS = { choice, code, grid, number, predict };

const render = ({ model, el }) => {
  const name = model.get("kind");
  if (!Object.hasOwn(KINDS, name)) throw new Error(`no kind of exercise is called “${name}”`);
  return frame({ model, root: el, kind: KINDS[name], name });
};

export default { render };

"""Plausible wrong answers to the code exercises of chapter 08, written as a reader would."""

import numpy as np


def kfold(n, k):
    masks = np.zeros((k, n), bool)
    begin = 0
    for f in range(k):
        size = n // k + (f < n % k)
        masks[f, begin : begin + size] = True
        begin += size
    return masks


def equal_parts(n, k):
    masks = np.zeros((k, n), bool)
    for f in range(k):
        masks[f, f * (n // k) : (f + 1) * (n // k)] = True
    return masks


def rest_in_the_last(n, k):
    masks = equal_parts(n, k)
    masks[-1, (n // k) * k :] = True
    return masks


def rounded_up(n, k):
    masks = np.zeros((k, n), bool)
    size = int(np.ceil(n / k))
    for f in range(k):
        masks[f, f * size : (f + 1) * size] = True
    return masks


def dealt(n, k):
    return np.arange(n) % k == np.arange(k)[:, None]


def fold_numbers(n, k):
    return kfold(n, k).argmax(0)


def indices(n, k):
    return [list(part) for part in np.array_split(np.arange(n), k)]


def forgets_to_fill(n, k):
    masks = np.zeros((k, n), bool)
    for part in np.array_split(np.arange(n), k):
        masks[0, part] = True
    return masks


def returns_no_masks(n, k):
    kfold(n, k)


def decompose(predictions, truth, noise):
    refits, places = predictions.shape
    bias2 = variance = 0
    for p in range(places):
        mean = sum(predictions[:, p]) / refits
        bias2 += (mean - truth[p]) ** 2 / places
        variance += sum((predictions[:, p] - mean) ** 2) / refits / places
    return [bias2, variance, bias2 + variance + noise]


def parts(predictions, truth, noise):
    return decompose(predictions, truth, noise)[:2]


def changes_predictions(predictions, truth, noise):
    right = decompose(predictions, truth, noise)
    predictions -= predictions.mean(0)
    return right


def wrong_axis(predictions, truth, noise):
    bias2 = np.mean((predictions.mean(1) - truth) ** 2)
    return [bias2, predictions.var(1).mean(), noise]


def mean_of_means(predictions, truth, noise):
    bias2 = (predictions.mean() - truth.mean()) ** 2
    variance = predictions.var(0).mean()
    return [bias2, variance, bias2 + variance + noise]


def bias_not_squared(predictions, truth, noise):
    bias, variance = np.mean(predictions.mean(0) - truth), predictions.var(0).mean()
    return [bias, variance, bias + variance + noise]


def one_heap(predictions, truth, noise):
    bias2 = np.mean((predictions.mean(0) - truth) ** 2)
    return [bias2, predictions.var(), bias2 + predictions.var() + noise]


def mean_error_as_bias(predictions, truth, noise):
    error, variance = np.mean((predictions - truth) ** 2), predictions.var(0).mean()
    return [error, variance, error + variance + noise]


def unbiased_variance(predictions, truth, noise):
    bias2 = np.mean((predictions.mean(0) - truth) ** 2)
    variance = predictions.var(0, ddof=1).mean()
    return [bias2, variance, bias2 + variance + noise]


def spread(predictions, truth, noise):
    bias2 = np.mean((predictions.mean(0) - truth) ** 2)
    return [bias2, predictions.std(0).mean(), bias2 + predictions.std(0).mean() + noise]


def without_noise(predictions, truth, noise):
    bias2, variance, _ = decompose(predictions, truth, noise)
    return [bias2, variance, bias2 + variance]


def noise_squared(predictions, truth, noise):
    bias2, variance, _ = decompose(predictions, truth, noise)
    return [bias2, variance, bias2 + variance + noise**2]


def sums(predictions, truth, noise):
    centre = predictions.mean(0)
    bias2 = ((centre - truth) ** 2).sum()
    variance = predictions.var(0).sum()
    return [bias2, variance, bias2 + variance + noise]


def returns_no_parts(predictions, truth, noise):
    decompose(predictions, truth, noise)


def stop(losses, patience):
    best, waited = 0, 0
    for step in range(1, len(losses)):
        if losses[step] < losses[best]:
            best, waited = step, 0
        else:
            waited += 1
        if waited == patience:
            return step, best
    return len(losses) - 1, best


def argmin(losses, patience):
    best = int(losses.argmin())
    return min(best + patience, len(losses) - 1), best


def only_the_step_kept(losses, patience):
    return stop(losses, patience)[1]


def compares_with_the_one_before(losses, patience):
    waited = 0
    for step in range(1, len(losses)):
        waited = 0 if losses[step] < losses[step - 1] else waited + 1
        if waited == patience:
            return step, int(losses[: step + 1].argmin())
    return len(losses) - 1, int(losses.argmin())


def never_sets_back(losses, patience):
    best, waited = 0, 0
    for step in range(1, len(losses)):
        if losses[step] < losses[best]:
            best = step
        else:
            waited += 1
        if waited == patience:
            return step, best
    return len(losses) - 1, best


def takes_equal_for_better(losses, patience):
    best, waited = 0, 0
    for step in range(1, len(losses)):
        best, waited = (step, 0) if losses[step] <= losses[best] else (best, waited + 1)
        if waited == patience:
            return step, best
    return len(losses) - 1, best


def more_than_patience(losses, patience):
    best = 0
    for step in range(len(losses)):
        if losses[step] < losses[best]:
            best = step
        if step - best > patience:
            return step, best
    return len(losses) - 1, best


def runs_to_the_end(losses, patience):
    return len(losses) - 1, int(losses.argmin())


def returns_nothing_at_the_end(losses, patience):
    best = 0
    for step in range(len(losses)):
        if losses[step] < losses[best]:
            best = step
        if step - best == patience:
            return step, best
    return None


def keeps_the_last(losses, patience):
    return stop(losses, patience)[0], stop(losses, patience)[0]


KFOLD = {
    "stub": lambda n, k: None,
    "no return": returns_no_masks,
    "zeros": lambda n, k: 0 * kfold(n, k),
    "the training masks": lambda n, k: ~kfold(n, k),
    "drops the rest": equal_parts,
    "the rest in the last": rest_in_the_last,
    "rounds up": rounded_up,
    "deals like cards": dealt,
    "longer ones last": lambda n, k: kfold(n, k)[::-1, ::-1],
    "reverse order": lambda n, k: kfold(n, k)[::-1],
    "swaps the axes": lambda n, k: kfold(n, k).T,
    "a fold number for each image": fold_numbers,
    "lists of indices": indices,
    "fills one row": forgets_to_fill,
}
DECOMPOSE = {
    "stub": lambda predictions, truth, noise: None,
    "no return": returns_no_parts,
    "zeros": lambda predictions, truth, noise: np.zeros(3),
    "two numbers": parts,
    "wrong axis": wrong_axis,
    "mean before the square": mean_of_means,
    "bias not squared": bias_not_squared,
    "error for bias": mean_error_as_bias,
    "one less": unbiased_variance,
    "standard deviation": spread,
    "one heap": one_heap,
    "no noise": without_noise,
    "noise squared": noise_squared,
    "sums over places": sums,
    "changes its input": changes_predictions,
}
STOP = {
    "stub": lambda losses, patience: None,
    "nothing at the end": returns_nothing_at_the_end,
    "zeros": lambda losses, patience: (0, 0),
    "the other way round": lambda losses, patience: stop(losses, patience)[::-1],
    "one number": only_the_step_kept,
    "looks ahead": argmin,
    "runs to the end": runs_to_the_end,
    "compares with the one before": compares_with_the_one_before,
    "never sets back": never_sets_back,
    "ties": takes_equal_for_better,
    "one too late": more_than_patience,
    "one too early": lambda losses, patience: stop(losses, patience - 1),
    "counts from 1": lambda losses, patience: np.add(stop(losses, patience), 1),
    "keeps the last": keeps_the_last,
}
FUNCTIONS = {
    "08-kfold": (kfold, KFOLD),
    "08-decompose": (decompose, DECOMPOSE),
    "08-patience": (stop, STOP),
}

"""What the reader of the fit explorer is asked to reach."""

GOAL_KINDS = {  # kind -> the limits it must name
    "lowest": ("samples", "noise"),
    "tame": ("degree", "noise", "error"),
    "underfit": ("samples",),
    "interpolate": ("samples", "noise", "error"),
}
GOALS = [
    {
        "id": "lowest",
        "text": "15 samples of the wave, noise 0.3, no ridge: find the degree whose expected error"
        " is the lowest, and look at the degrees on both sides of it.",
        "kind": "lowest",
        "samples": 15,
        "noise": 0.3,
    },
    {
        "id": "tame",
        "text": "Set degree 12; then, leaving the degree alone, make the fit good: an expected"
        " error of at most 0.21 with noise 0.3 (which alone gives 0.09).",
        "kind": "tame",
        "degree": 12,
        "noise": 0.3,
        "error": 0.21,
    },
    {
        "id": "underfit",
        "text": "Underfit in a way that more samples do not cure: 200 of them, and still bias² is"
        " larger than variance and noise² together.",
        "kind": "underfit",
        "samples": 200,
    },
    {
        "id": "interpolate",
        "text": "Pass through every one of at least 15 drawn samples of the wave with noise 0.3,"
        " with more coefficients than samples, and still beat the constant 0: an expected error"
        " below 0.5. (Try the other kind of fit.)",
        "kind": "interpolate",
        "samples": 15,
        "noise": 0.3,
        "error": 0.5,
    },
]

"""Predictions of chapter 08: what training and validation error will do in `FitExplorer`."""

from cnnbook.exercises.definitions import Option, Predict

PREDICTIONS = [
    Predict(
        id="08-predict-capacity",
        title="More and more capacity",
        text="Fifteen samples were taken of a smooth wave, with noise. A polynomial is fitted to "
        "them by least squares, and its degree is raised from 0 to 14, one by one. What will the "
        "error on these samples (training) and on fresh ones (validation) do, small wiggles aside?",
        options=[
            Option(
                "Both fall until they reach the noise, and stay there.",
                "The training error has no reason to stop at the noise: the fit does not know "
                "which part of a sample is noise, and a more flexible one bends to it as well.",
            ),
            Option(
                "Training error falls to the noise and stays there; validation error falls, then "
                "rises.",
                "Validation is right. But 15 coefficients and 15 samples: the polynomial of degree "
                "14 passes through every sample, noise and all.",
            ),
            Option(
                "Training error falls all the way to 0; validation error falls, then rises.",
                "Each further coefficient can only bring the fit closer to its samples, down to 0 "
                "at degree 14. What it gains by bending to their noise it loses elsewhere.",
                right=True,
            ),
            Option(
                "Both fall, then both rise.",
                "The training error cannot rise: a polynomial of degree 5 can be any of degree 4, "
                "with one coefficient 0, and least squares takes the best.",
            ),
            Option(
                "Training error falls all the way to 0; validation error falls as well, only less.",
                "Then the largest degree would always be the best. Between its samples a "
                "polynomial of degree 14 that passes through noise swings widely.",
            ),
        ],
        hints=[
            "Every polynomial of degree 4 is also one of degree 5. What does that say about the "
            "smallest error on the samples?",
            "Two samples determine a straight line. How many determine a polynomial of degree 14?",
        ],
        solution="Training error never rises and ends at 0: 15 coefficients, 15 samples. "
        "Validation error falls while the degree is too low for the wave, and rises when the "
        "further coefficients have only noise left to fit.",
        why="The noise is no floor for the training error. It is one for validation: no fit can "
        "predict the noise of samples that it has not seen.",
    ),
    Predict(
        id="08-predict-more-data",
        title="More samples for the same fit",
        text="A polynomial of degree 12 is fitted to 15 samples of a wave with noise of standard "
        "deviation 0.3. Its training error is nearly 0, its validation error large. Now the number "
        "of samples is raised to 200, and all else stays. What will the two errors do?",
        options=[
            Option(
                "Both fall: more data make everything better.",
                "The training error has nothing to gain. Thirteen coefficients that pass close to "
                "15 samples cannot pass close to 200.",
            ),
            Option(
                "Training error stays nearly 0; validation error falls.",
                "With 200 noisy samples and 13 coefficients the fit cannot follow each sample's "
                "noise any more.",
            ),
            Option(
                "Training error rises, validation error falls; they end close to each other, near "
                "the noise's variance.",
                "The fit can no longer learn the noise of each sample by heart, which costs "
                "training error and saves validation error.",
                right=True,
            ),
            Option(
                "Training error rises, validation error falls; both end near 0.",
                "A fresh sample carries fresh noise. Not even the true curve predicts that: its "
                "mean squared error is the noise's variance, 0.3² = 0.09.",
            ),
            Option(
                "Nothing: degree 12 is too complex for this wave, whatever the number of samples.",
                "Too complex is not a property of the model alone. Thirteen coefficients are many "
                "for 15 samples and few for 200.",
            ),
        ],
        hints=[
            "How many samples can 13 coefficients satisfy exactly, whatever their values are?",
            "What error does the true curve itself have on noisy samples?",
        ],
        solution="Training error rises from nearly 0 towards 0.09, the noise's variance; "
        "validation error falls towards it from above. The gap closes from both sides.",
        why="A rising training error looks like a step back. It is what an end of overfitting "
        "looks like: the training error stops flattering.",
    ),
]

"""Exercises of chapter 08 with answers to choose from."""

from cnnbook.exercises.definitions import Choice, Matrix, Option

CHOICES = [
    Choice(
        id="08-learning-curve",
        title="Read a learning curve",
        text="A network was trained with 50, 100, 200, 400 and 800 images. The table shows the "
        "per cent of training images and of validation images that it then got wrong. People "
        "label such images with 2 % errors. What is worth trying first?",
        given=[
            Matrix(
                "columns: images, training error (%), validation error (%)",
                "output",
                [[50, 11, 24], [100, 14, 20], [200, 15, 18], [400, 16, 17], [800, 16, 17]],
            )
        ],
        options=[
            Option(
                "More images.",
                "Between 400 and 800 nothing moved. The two curves have met at 17 %, and more "
                "images will not push validation below what the network reaches on the images that "
                "it was trained with.",
            ),
            Option(
                "A network with more capacity, or better features.",
                "With 800 images even the training images are 16 % wrong, where people reach "
                "2 %: the network cannot express what it is shown.",
                right=True,
            ),
            Option(
                "Stronger weight decay.",
                "That acts on the gap between the two curves, which is down to 1 point. It would "
                "raise the training error further.",
            ),
            Option(
                "Training that stops earlier.",
                "Stopping early narrows a gap. There is none left to narrow, and the training "
                "error would be higher still.",
            ),
            Option(
                "Nothing: training and validation error agree, so the network is as good as it "
                "can be.",
                "They agree on 16 to 17 %, far from the 2 % of people. A small gap says only that "
                "it does not overfit.",
            ),
        ],
        hints=[
            "Look at the last row first. How large is the gap, and how far are both from 2 %?",
            "Where do the two curves lead if they are drawn on to 10,000 images?",
        ],
        solution="The curves have met, high above what is possible: underfitting. Capacity or "
        "features are missing. Had training error been near 0 and validation error still "
        "falling, more images would have been the answer.",
        why="“More data always helps” holds for the part between the curves. What the network "
        "gets wrong on images that it was trained with, more of them do not teach it.",
    ),
    Choice(
        id="08-loss-and-accuracy",
        title="The loss rises, the accuracy does not fall",
        text="A network tells two classes apart. The tables have the probability, in per cent, "
        "that it gives to the right class of four validation images, after 10 and after 40 passes "
        "through the training data. The mean of −log p (natural logarithm) is 0.57 after 10 passes "
        "and 1.17 after 40. What happened?",
        given=[
            Matrix("after 10 passes (%)", "output", [[70, 60, 80, 30]]),
            Matrix("after 40 passes (%)", "output", [[98, 97, 99, 1]]),
        ],
        options=[
            Option(
                "The accuracy fell too; on four images it is too coarse to show it.",
                "Count: three of four are above 50 %, before and after. Not one decision changed.",
            ),
            Option(
                "One mistake was made with more and more certainty; no decision changed.",
                "−log 0.01 = 4.6 against −log 0.3 = 1.2: this one image raises the mean more than "
                "the other three lower it.",
                right=True,
            ),
            Option(
                "The network became less certain about most images.",
                "It became more certain about all four: three times rightly, once wrongly.",
            ),
            Option(
                "There is an error in the program: loss and accuracy cannot part ways.",
                "They measure different things. Accuracy asks on which side of 50 % a probability "
                "lies, the loss asks how far.",
            ),
            Option(
                "Nothing that matters: only the accuracy counts, and it is the same.",
                "Whoever uses these probabilities is misled: at 97 to 99 % certainty it is "
                "wrong on one image of four. Rising validation loss is a symptom of overfitting, "
                "before any decision changes.",
            ),
        ],
        hints=[
            "Decide each image: is the probability of the right class above 50 %?",
            "Compare −log p of the last image at the two times, then of the first.",
        ],
        solution="Accuracy 3 of 4 both times. The first three images give up 0.36, 0.51 and 0.22 "
        "of loss almost entirely, 1.03 together; the last one costs 3.40 more.",
        why="The loss punishes certainty in a mistake without bound, so a few images can lift its "
        "mean while most get better. Look at both curves before you say when overfitting began.",
    ),
    Choice(
        id="08-leaks",
        title="What let the test set in?",
        text="Six things were done in a project on X-ray images, several from each patient. Which "
        "of them can make the reported test error look better than it would be on new patients?",
        several=True,
        options=[
            Option(
                "The images were shuffled and then split, so one patient may be in both parts.",
                "The network can recognise the patient instead of the disease. Split by patient.",
                right=True,
            ),
            Option(
                "The split was drawn so that each part has the same share of sick patients.",
                "That makes the estimate steadier, and tells the network nothing about the test "
                "images.",
            ),
            Option(
                "Each image got rotated copies, and then images and copies were split.",
                "Copies of one image then lie on both sides. Split first, make copies for the "
                "training part afterwards.",
                right=True,
            ),
            Option(
                "Test error was measured after each of 30 passes through the training images, and "
                "the smallest was reported.",
                "That is the best of 30 models, chosen by the very set that judges it. Choose by "
                "validation.",
                right=True,
            ),
            Option(
                "The weight decay was chosen by 5-fold cross-validation within the training part.",
                "That is what it is for: the test part took no part in the choice.",
            ),
            Option(
                "The pixels' mean and standard deviation were taken from the training part and "
                "used for the test part too.",
                "As it should be. Statistics of the test part would be the leak, if a small one.",
            ),
        ],
        hints=[
            "Ask of each step: does anything about a test image, or a near copy of it, reach the "
            "training or the choice?",
            "Three of the six do.",
        ],
        solution="A patient on both sides, a copy on both sides, and a choice made by the test "
        "set. Splits by share, cross-validation inside the training part, and statistics of "
        "the training part are sound.",
        why="Leaks seldom look like training with the test set. They come in with what images "
        "share (a patient, an original) and with every choice that looks at the test error.",
    ),
]

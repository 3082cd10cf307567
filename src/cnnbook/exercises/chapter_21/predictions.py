"""Prediction of chapter 21: what a neighbour in the batch does to an image's result."""

from cnnbook.exercises.definitions import Matrix, Option, Predict

CHANNEL = [[6, 3, 2, 5], [4, 1, 3, 2], [5, 2, 4, 1]]  # one channel: 3 images, 4 places each

PREDICTIONS = [
    Predict(
        id="21-predict-neighbour",
        title="A loud neighbour",
        text="Below stands one channel of a batch: three images, one in each row, with four "
        "numbers each. Batch normalisation takes the 12 numbers as one set. It subtracts the "
        "set's mean, 3.17, from each number and divides by the set's standard deviation, 1.57. "
        "The 6 of image 1 becomes 1.80.\n\nNow the 5 of image 3 is raised: to 20, to 100, to "
        "1,000. Image 1 stays as it is. What does the result of its 6 do?",
        given=[Matrix("one channel; a row for each image", "input", CHANNEL)],
        options=[
            Option(
                "It stays at 1.80.",
                "The 6 itself has not changed. But the mean and the standard deviation that it is "
                "measured with belong to all three images.",
            ),
            Option(
                "It rises.",
                "The set is more spread out now, but that is what the 6 is divided by. And the "
                "mean, which is subtracted, has moved up as well.",
            ),
            Option(
                "It falls towards 0 and stays positive.",
                "It falls, but not only to 0. Once the raised number passes 39, the mean of the "
                "set lies above 6.",
            ),
            Option(
                "It falls, turns negative, and comes to rest near −0.3.",
                "The mean overtakes the 6, and the distance goes on growing. But the standard "
                "deviation grows in step with it, so the ratio of the two settles.",
                right=True,
            ),
            Option(
                "It falls below 0, and further and further.",
                "The distance from the mean does grow without end. But so does the standard "
                "deviation that it is divided by.",
            ),
        ],
        hints=[
            "With 1,000 for the 5, the sum of the set is 1,033. What is its mean, and on which "
            "side of it does the 6 lie?",
            "Eleven numbers lie close together, one lies far away at a distance d from them. The "
            "mean is d/12 above the eleven. Is the standard deviation larger or smaller than that?",
        ],
        solution="It falls, passes 0 when the mean reaches 6, and comes to rest near −0.3. With "
        "one number a distance d from eleven others that are nearly alike, the mean is d/12 above "
        "the eleven and the standard deviation is √11 · d/12: the ratio is −1/√11 = −0.30.",
        why="The usual slip is to think of normalisation as something done to an image. Under "
        "batch norm, in training, it is done to a batch: what becomes of an image depends on "
        "which others happen to be there.",
    ),
]

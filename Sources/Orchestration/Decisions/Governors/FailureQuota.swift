/// The failure quota: the number of failed tasks after which a leg starts nothing more.
///
/// The failures are of the leg alone: a new leg may fail as often again.
struct FailureQuota: Governor {
    func holdsStarts(in turn: Turn) -> Bool { turn.hasFailedEnough }

    func ending(in turn: Turn) -> Ending? {
        turn.hasFailedEnough && !turn.isOpening ? .finished : nil
    }
}

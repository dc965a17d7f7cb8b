internal import SparseFormat

/// Tells another process's merge that goes on from one that stands still: its process is suspended, or hangs.
///
/// A merge shows that it goes on by what it has staged; its longest silence is while it lays out a window, which takes
/// seconds. Taking the claim of one that only was slow costs its work and nothing else: each of its transactions first
/// looks whether the claim still stands.
struct MergeWatch {
    /// How long a claim may stand without a sign of life.
    static let patience = Duration.seconds(300)

    private var seen: (record: MergeRecord, stagedBytes: Int, since: ContinuousClock.Instant)?

    /// Whether nothing has changed for so long. Asked again and again, while the claim stands.
    mutating func standsStill(_ record: MergeRecord, stagedBytes: Int, for patience: Duration) -> Bool {
        let now = ContinuousClock.now
        guard let seen, seen.record == record, seen.stagedBytes == stagedBytes else {
            self.seen = (record, stagedBytes, now)
            return false
        }
        return now - seen.since >= patience
    }
}

internal import LMDB

extension SparseStore {
    /// Takes the pages of the file that this process has touched out of its resident memory; they stay in the system's
    /// cache. For bulk loads that promise a bound: the next searches have them back at a minor fault each.
    public func releaseMemory() {
        environment.releaseResidentPages()
    }

    /// Merges the index into as few segments as hold its documents, without the removed ones, and keeps similar
    /// documents together. Searches are then as fast as they can be, and go on meanwhile.
    ///
    /// Each step is a transaction of its own of some 130,000 documents at the most: what is done is kept when a later
    /// step fails, and other writes come in between.
    ///
    /// - Parameter progress: called after each step with the segments that are left; may throw to stop there.
    /// - Throws: what writing can throw (`diskFull`, `io`, `corrupted`, `readOnly`), and what `progress` throws.
    public func optimize(progress: (Int) throws -> Void = { _ in }) throws {
        while try write({ try $0.session.reduce() }) {
            try progress(try read { $0.manifest.segments.count })
        }
    }
}

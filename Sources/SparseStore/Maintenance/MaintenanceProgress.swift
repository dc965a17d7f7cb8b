/// The progress of a merge. It is reported many times per second.
public struct MaintenanceProgress: Sendable, Hashable {
    /// The steps of a merge, in order.
    public enum Step: Sendable, Hashable {
        /// Waiting for another thread or process that is merging.
        case waiting
        /// Reading documents.
        case reading
        /// Building a window from the documents.
        case building
        /// Writing a piece of a window in a separate transaction.
        case writing
        /// Replacing the old segments with the new windows in one short transaction.
        case switching
    }

    /// The current step.
    public var step: Step
    /// The number of documents read so far.
    public var documentsRead: Int
    /// The number of live documents in the segments that are merged.
    public var documents: Int
}

/// A function that is called at each step. If it throws, the merge is undone and nothing changes.
typealias MergeCheckpoint = (MaintenanceProgress) throws -> Void

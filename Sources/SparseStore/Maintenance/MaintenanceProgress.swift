/// Where a merge stands. Reported many times a second.
public struct MaintenanceProgress: Sendable, Hashable {
    /// What a merge does, in this order.
    public enum Step: Sendable, Hashable {
        /// Another thread or process merges; this one waits for it.
        case waiting
        /// Reads documents.
        case reading
        /// Lays them out as a window.
        case building
        /// Writes a piece of a window, in a transaction of its own.
        case writing
        /// Puts the new windows into the place of the old, in one short transaction.
        case switching
    }

    /// What it does now.
    public var step: Step
    /// Documents read so far.
    public var documentsRead: Int
    /// Live documents of the segments that are merged.
    public var documents: Int
}

/// Called at each step; throws to stop. What a merge has done by then is undone, and nothing was changed.
typealias MergeCheckpoint = (MaintenanceProgress) throws -> Void

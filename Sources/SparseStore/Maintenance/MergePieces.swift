/// What one transaction of a merge does at most.
package struct MergePieces: Sendable {
    /// How much is written at once: how long a writer that comes meanwhile waits.
    package var bytesWritten = 4 << 20
    /// Documents read at once: how long the pages are pinned that others free.
    package var documentsRead = 1_024

    package init() {}

    package init(bytesWritten: Int, documentsRead: Int) {
        self.bytesWritten = bytesWritten
        self.documentsRead = documentsRead
    }
}

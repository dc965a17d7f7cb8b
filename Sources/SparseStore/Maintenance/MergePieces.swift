/// The limits of one transaction of a merge.
package struct MergePieces: Sendable {
    /// The number of bytes to write at once, which bounds the time that another writer waits.
    package var bytesWritten = 4 << 20
    /// The number of documents to read at once, which bounds the time that freed pages cannot be reused.
    package var documentsRead = 1_024

    package init() {}

    package init(bytesWritten: Int, documentsRead: Int) {
        self.bytesWritten = bytesWritten
        self.documentsRead = documentsRead
    }
}

/// The size and shape of one table in one transaction.
package struct TableStatistics: Sendable, Hashable {
    package var entries: Int
    package var depth: Int
    package var branchPages: Int
    package var leafPages: Int
    /// The number of pages with values that are too large for a leaf.
    package var overflowPages: Int
    /// The size of all pages of the table, in bytes.
    package var bytes: Int
}

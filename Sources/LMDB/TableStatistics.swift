/// Size and shape of one table in one transaction.
package struct TableStatistics: Sendable, Hashable {
    package var entries: Int
    package var depth: Int
    package var branchPages: Int
    package var leafPages: Int
    /// Pages that hold values too big for a leaf.
    package var overflowPages: Int
    /// All pages of the table, in bytes.
    package var bytes: Int
}

/// Options of a window's layout that affect the speed of its scans but not the results.
package struct WindowLayout: Sendable, Hashable {
    /// Whether similar documents are adjacent.
    package var isOrdered = true
    /// Whether lists with many documents are dense.
    package var hasDenseLists = true

    package init() {}
}

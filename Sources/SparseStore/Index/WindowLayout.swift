/// What the layout of a window does for the speed of its scans. Answers do not depend on it.
package struct WindowLayout: Sendable, Hashable {
    /// Similar documents stand together.
    package var isOrdered = true
    /// Lists that many documents are in are dense.
    package var hasDenseLists = true

    package init() {}
}

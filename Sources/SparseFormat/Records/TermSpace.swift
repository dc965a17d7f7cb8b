/// Where the terms of a store come from. The first write decides it for good.
package enum TermSpace: UInt8, Sendable {
    case undecided = 0
    /// Strings, which the vocabulary numbers.
    case strings = 1
    /// Numbers of the caller's own; the vocabulary is empty.
    case numbers = 2
}

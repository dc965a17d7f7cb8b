/// The kind of terms of a store. The first write determines it permanently.
package enum TermSpace: UInt8, Sendable {
    case undecided = 0
    /// Strings, which the vocabulary numbers.
    case strings = 1
    /// Numbers chosen by the caller; the vocabulary is empty.
    case numbers = 2
}

/// The trade-off between speed and size that an index is built for.
public enum IndexProfile: UInt8, Sendable, Hashable, CaseIterable {
    /// Optimized for speed: segments have the exact vectors of their documents next to their lists.
    case fast = 0
    /// Optimized for size: exact vectors are read from the documents, with one lookup for each scored document.
    case compact = 1
}

extension IndexProfile: CustomStringConvertible {
    /// The name of the profile: `fast` or `compact`.
    public var description: String {
        switch self {
        case .fast: "fast"
        case .compact: "compact"
        }
    }
}

/// What a store's index is made for.
public enum IndexProfile: UInt8, Sendable, Hashable, CaseIterable {
    /// Speed: segments have the exact vectors of their documents beside their lists.
    case fast = 0
    /// Few bytes: exact vectors are read from the documents, at a lookup for each that is scored.
    case compact = 1
}

extension IndexProfile: CustomStringConvertible {
    /// The profile's name: `fast` or `compact`.
    public var description: String {
        switch self {
        case .fast: "fast"
        case .compact: "compact"
        }
    }
}

internal import LMDB

/// What the last few filters let through in one commit: to look up the identifiers of a filter costs about a microsecond
/// each, and searches often share a filter.
final class FilterCache: Sendable {
    /// Each may hold a large set of identifiers, and 8 KiB for each full window.
    private static let capacity = 4

    private let known = Lock<[(filter: Filter, allowed: [AllowedDocuments])]>([])

    /// What `filter` lets through of each window, as `resolve` says when it is not known.
    func allowed(
        _ filter: Filter, _ resolve: (Filter) throws -> [AllowedDocuments]
    ) rethrows -> [AllowedDocuments] {
        let found = known.withLock { known -> [AllowedDocuments]? in
            guard let place = known.firstIndex(where: { $0.filter.isSame(as: filter) }) else { return nil }
            let entry = known.remove(at: place)
            known.append(entry)
            return entry.allowed
        }
        if let found { return found }
        let allowed = try resolve(filter)
        known.withLock { known in
            if known.count >= Self.capacity { known.removeFirst() }
            known.append((filter, allowed))
        }
        return allowed
    }
}

extension Filter {
    /// Whether it lets the same documents through whatever they are. Not `==`, for which two spellings of a text are equal
    /// that the store tells apart. Sets are compared in their own order, which copies share: others may be called
    /// different though they are not.
    fileprivate func isSame(as other: Filter) -> Bool {
        func areSame(_ a: [Filter], _ b: [Filter]) -> Bool { a.elementsEqual(b) { $0.isSame(as: $1) } }
        switch (self, other) {
        case (.tag(let a), .tag(let b)): return a.utf8.elementsEqual(b.utf8)
        case (.ids(let a), .ids(let b)):
            return a.count == b.count && zip(a, b).allSatisfy { $0.utf8.elementsEqual($1.utf8) }
        case (.all(let a), .all(let b)), (.any(let a), .any(let b)): return areSame(a, b)
        case (.not(let a), .not(let b)): return a.isSame(as: b)
        default: return false
        }
    }
}

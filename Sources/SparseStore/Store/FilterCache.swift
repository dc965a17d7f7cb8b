internal import LMDB

/// Caches the documents that the last few filters allow, for one commit. Looking up the identifiers of a filter costs
/// about a microsecond each, and searches often share a filter.
final class FilterCache: Sendable {
    /// The number of cached filters. Each may hold a large set of identifiers, and 8 KiB for each full window.
    private static let capacity = 4

    private let known = Lock<[(filter: Filter, allowed: [AllowedDocuments])]>([])

    /// Returns the documents that `filter` allows in each window. Calls `resolve` when they are not cached.
    func allowed(
        _ filter: Filter, _ resolve: (Filter) throws -> [AllowedDocuments]
    ) rethrows -> [AllowedDocuments] {
        let found = known.withLock { known -> [AllowedDocuments]? in
            guard let place = known.firstIndex(where: { $0.filter == filter }) else { return nil }
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

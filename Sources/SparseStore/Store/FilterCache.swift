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

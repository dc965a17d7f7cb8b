internal import SparseFormat

/// Keeps the best `limit` documents it receives, or with groups the best documents of the best `limit` groups.
struct Collector {
    private let limit: Int
    private let minimumScore: Float?
    private let after: HitRank?
    private var groups: GroupedDocuments?
    private var heap: BoundedMinimumHeap<Float>
    private var found: [FoundDocument] = []

    init(limit: Int, minimumScore: Float?, after: HitRank?, groups: DocumentGroups?) {
        self.limit = limit
        self.minimumScore = minimumScore
        self.after = after
        self.groups = groups.map { GroupedDocuments($0, limit: limit) }
        heap = BoundedMinimumHeap(capacity: limit, least: -.infinity)
    }

    /// The score that `limit` documents or groups reach; nil while fewer are known.
    var threshold: Float? { groups.map(\.threshold) ?? (heap.isFull ? heap.minimum : nil) }

    /// Whether `limit` documents or groups are known.
    var isFull: Bool { threshold != nil }

    /// Inserts a document if it can be among the best.
    mutating func take(_ score: Float, _ place: DocumentPlace, _ vector: ExactVector) throws {
        guard score > 0, score >= minimumScore ?? 0 else { return }
        if groups != nil {
            try groups?.take(score, place, vector)
            return
        }
        guard !heap.isFull || score >= heap.minimum, try isBehind(score, vector) else { return }
        heap.insert(score)
        // Identifiers are read only for documents that may be in the result.
        found.append(FoundDocument(id: try vector.identifier(), place: place, score: score))
        if found.count > 4 * limit + 1_024 { found = best() }
    }

    /// Returns whether a document ranks after the previous page.
    private func isBehind(_ score: Float, _ vector: ExactVector) throws -> Bool {
        guard let after, score >= after.score else { return true }
        return score == after.score
            ? HitRank.precedes(after, HitRank(score: score, id: try vector.identifier())) : false
    }

    /// Returns the best documents, best first.
    func best() -> [FoundDocument] {
        if let groups { return groups.best() }
        guard found.count > limit else { return found.sorted(by: FoundDocument.precedes) }
        let least = heap.minimum
        return Array(found.filter { $0.score >= least }.sorted(by: FoundDocument.precedes).prefix(limit))
    }

    /// Returns the places of the known documents of the leading groups.
    func leadingPlaces() -> Set<DocumentPlace> { Set(groups?.best().map(\.place) ?? []) }
}

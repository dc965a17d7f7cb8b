internal import SparseFormat

/// The queries of a tuning, by class.
struct QuerySample {
    let division: QueryClasses
    /// The queries of each class. A class may have none.
    private(set) var classes: [[ResolvedQuery]]

    /// The number of queries of the caller with which a class needs no others. With fewer, the standard error of a
    /// recall of 0.95 is above 0.01.
    static let enough = 64
    /// The number of queries that a class has after it was filled.
    static let filled = 128
    /// The minimum number of queries of a class. Fewer say too little of those to come.
    static let fewest = 16

    /// - Parameter queries: The queries of the caller, which may all belong to one class.
    init(_ queries: [ResolvedQuery], division: QueryClasses = .measured) {
        self.division = division
        classes = Array(repeating: [], count: division.count)
        for query in queries { classes[division.number(terms: query.terms.count)].append(query) }
    }

    /// Adds queries that are made from the store's documents to the classes that have too few.
    mutating func fill(from view: ReadView, seed: UInt64) throws {
        var made = MadeQueries(view, seed: seed)
        for number in classes.indices where classes[number].count < Self.enough {
            let lengths = division[number]
            let longest = lengths.maximumTerms ?? 2 * lengths.minimumTerms
            let shortest = max(lengths.minimumTerms, longest / 4)
            for _ in classes[number].count..<Self.filled {
                let length = shortest + Int(made.generator.next() % UInt64(longest - shortest + 1))
                guard let query = try made.next(length: length) else { continue }
                // Of short documents only short queries can be made.
                if division.number(terms: query.terms.count) == number { classes[number].append(query) }
            }
        }
        if classes.contains(where: { $0.count >= Self.fewest }) {
            for number in classes.indices where classes[number].count < Self.fewest { classes[number] = [] }
        }
    }
}

/// Makes queries from a store's documents.
struct MadeQueries {
    private let view: ReadView
    /// The windows with live documents.
    private let windows: [Int]
    var generator: SplitMix64

    /// - Parameter seed: The same seed makes the same queries.
    init(_ view: ReadView, seed: UInt64) {
        self.view = view
        let members = view.index.members
        windows = members.indices.filter { members[$0].segment.documentCount > members[$0].deadCount }
        generator = SplitMix64(seed: seed)
    }

    /// Returns a query of at most `length` terms; nil if the chosen documents have no vectors. It has some of the
    /// heavier terms of one document and up to half as many of another, because a query seldom repeats a document.
    mutating func next(length: Int) throws -> ResolvedQuery? {
        guard !windows.isEmpty else { return nil }
        var components: [TermID: Float] = [:]
        for least in [length - length / 3, length] {
            let window = windows[Int(generator.next() % UInt64(windows.count))]
            var document: [(term: TermID, weight: Float)] = []
            try view.forEachComponent(of: livePlace(in: window)) { document.append(($0, $1)) }
            document.sort { $0.weight > $1.weight }
            // Two of three of the heaviest terms, so that the document is not simply its own answer.
            for (term, weight) in document where generator.next() % 3 > 0 {
                guard components.count < least else { break }
                guard components[term] == nil else { continue }
                components[term] = weight
            }
        }
        return components.isEmpty ? nil : ResolvedQuery(components.map { ($0.key, $0.value) })
    }

    /// Returns a random live document of a window that has one.
    private mutating func livePlace(in window: Int) -> DocumentPlace {
        let member = view.index.members[window]
        let count = member.segment.documentCount
        var ordinal = Int(generator.next() % UInt64(count))
        while !member.isLive(ordinal) { ordinal = (ordinal + 1) % count }
        return DocumentPlace(window: window, ordinal: ordinal)
    }
}

internal import LMDB
internal import SparseFormat

/// The terms of the windows of a block build, and of the index that is extended. They stay the same during a build, so
/// they are collected once.
struct BlockTerms {
    /// All terms in ascending order, as in the directory of the new index.
    let ids: [TermID]
    /// The largest weight of each term: in the index that is extended, or in the windows.
    let maxima: [Float]
    let quantizers: [ImpactQuantizer]
    /// The position of each term in the directory of the index that is extended; empty if there is none.
    private let earlier: [Int?]
    /// For each window, the position in `ids` of each term of its directory.
    let positions: [[UInt32]]

    /// - Parameters:
    ///   - directories: The directories of the windows.
    ///   - extended: The directory of the block index that is extended; nil for a new one.
    /// - Throws: `limitExceeded` for more terms than a block index may have.
    init(_ directories: [WindowDirectory], extending extended: BlockDirectory? = nil) throws {
        let entries = extended?.entries ?? []
        var all = entries.map(\.term)
        for directory in directories {
            all.reserveCapacity(all.count + directory.count)
            for position in 0..<directory.count { all.append(directory.term(at: position)) }
        }
        let numbered = TermNumbers(all)
        try Self.check(count: numbered.count)
        ids = (0..<numbered.count).map(numbered.term(at:))
        var maxima = [Float](repeating: 0, count: numbered.count)
        positions = directories.map { directory in
            (0..<directory.count).map { index in
                let position = numbered.number(of: directory.term(at: index))
                maxima[position] = max(maxima[position], directory.entry(at: index).maximum)
                return UInt32(truncatingIfNeeded: position)
            }
        }
        var earlier = [Int?](repeating: nil, count: entries.isEmpty ? 0 : numbered.count)
        for (index, entry) in entries.enumerated() {
            let position = numbered.number(of: entry.term)
            earlier[position] = index
            // The codes that there are keep their meaning.
            maxima[position] = entry.maximum
        }
        self.earlier = earlier
        self.maxima = maxima
        quantizers = maxima.map { ImpactQuantizer(maximum: $0) }
    }

    var count: Int { ids.count }

    /// Returns the position of a term in the directory of the index that is extended; nil if it is new.
    func earlier(at position: Int) -> Int? { earlier.isEmpty ? nil : earlier[position] }

    /// Throws if a block index may not have that many terms.
    static func check(count: Int) throws(SparseStoreError) {
        guard count <= Limits.maximumBlockTerms else {
            throw SparseStoreError(
                .limitExceeded,
                problem: "a block index has at most \(Limits.maximumBlockTerms) terms, but the documents have \(count)",
                remedy: "search the store without a block index")
        }
    }
}

/// The windows whose documents a build adds to a block index, open in one read transaction.
struct BlockSources {
    let view: ReadView
    let terms: BlockTerms
    /// The index of each window's first document among those of the windows.
    let begins: [Int]

    init(_ view: ReadView, _ terms: BlockTerms) {
        self.view = view
        self.terms = terms
        var begins: [Int] = []
        var begin = 0
        for member in view.index.members {
            begins.append(begin)
            begin += member.segment.documentCount
        }
        self.begins = begins
    }

    /// Returns the place of the document with an index.
    func place(of document: Int) -> DocumentPlace {
        let window = (begins.firstIndex { $0 > document } ?? begins.count) - 1
        return DocumentPlace(window: window, ordinal: document - begins[window])
    }

    /// Returns the number of postings of the term at a position, including those of removed documents.
    func postings(at position: Int) -> Int {
        view.index.members.reduce(0) { sum, member in
            let directory = member.segment.directory
            return sum + (directory.find(terms.ids[position]).map { Int(directory.entry(at: $0).count) } ?? 0)
        }
    }

    /// Calls `body` with the document index and the quantized weight of each live posting of the term at a position.
    func forEachPosting(at position: Int, _ body: (_ document: Int, _ weight: Float) -> Void) throws {
        for (window, member) in view.index.members.enumerated() {
            guard let found = member.segment.directory.find(terms.ids[position]) else { continue }
            let scale = member.segment.directory.entry(at: found).maximum / 255
            let postings = try member.segment.postings(at: found)
            for (ordinal, code) in zip(postings.ordinals, postings.codes) {
                // What a file says is compared: an ordinal past the window's documents is no document.
                guard code > 0, Int(ordinal) < member.segment.documentCount, member.isLive(Int(ordinal)) else {
                    continue
                }
                body(begins[window] + Int(ordinal), Float(code) * scale)
            }
        }
    }
}

extension BlockNumbers {
    /// Gives terms their numbers: their positions if there are enough numbers. Otherwise the most frequent terms, half
    /// as many as there are numbers, have a number of their own. The others share the other half evenly, and each
    /// number has one of the most frequent among them. What frequent terms would share would make many sums too large.
    ///
    /// - Parameters:
    ///   - postings: The number of postings of each term, by position.
    ///   - count: The number of different numbers, at least 1.
    init(postings: [Int], count: Int) {
        guard postings.count > count else {
            self.init()
            return
        }
        let own = count / 2
        var shared = [UInt16](repeating: 0, count: postings.count)
        let byFrequency = postings.indices.sorted {
            postings[$0] != postings[$1] ? postings[$0] > postings[$1] : $0 < $1
        }
        for (rank, position) in byFrequency.enumerated() {
            shared[position] = UInt16(truncatingIfNeeded: rank < own ? rank : own + (rank - own) % (count - own))
        }
        self.init(shared: shared)
    }

    /// Returns the weight of a code of 1, by number: the largest of those that the terms of a number have.
    ///
    /// - Parameter maxima: The largest weight of each term, by position.
    func scales(maxima: [Float]) -> [Float] {
        var scales = [Float](repeating: 0, count: Self.count)
        for (position, maximum) in maxima.enumerated() {
            scales[Int(self[position])] = max(scales[Int(self[position])], maximum / 255)
        }
        return scales
    }
}

/// The lines of a document in a block index: its components, the heaviest first, with codes.
struct BlockLines {
    /// A component with the position of its term in the directory of the index.
    typealias Component = (position: Int, code: UInt8, weight: Float)

    private let sources: BlockSources

    init(_ sources: BlockSources) { self.sources = sources }

    func components(of place: DocumentPlace) throws -> [Component] {
        var weights: [(weight: Float, position: Int)] = []
        try forEachComponent(of: place) { weights.append(($1, $0)) }
        // Weights in records are not verified.
        guard weights.allSatisfy({ Limits.weights.contains($0.weight) }) else { throw FormatError(.weightInRange) }
        return Self.components(weights, sources.terms.quantizers)
    }

    /// - Parameters:
    ///   - weights: The weights, from 1e-15 to 1e15.
    ///   - quantizers: The quantizers by position.
    static func components(
        _ weights: [(weight: Float, position: Int)], _ quantizers: [ImpactQuantizer]
    ) -> [Component] {
        // The bits of positive weights are in the order of the weights. Inverted, they put the heaviest first, and the
        // positions decide among equals.
        var keys = weights.map { UInt64(~$0.weight.bitPattern) << 32 | UInt64(truncatingIfNeeded: $0.position) }
        keys.sort()
        return keys.map { key in
            let position = Int(UInt32(truncatingIfNeeded: key))
            let weight = Float(bitPattern: ~UInt32(truncatingIfNeeded: key >> 32))
            // A code of 0 would end the line.
            return (position, max(1, quantizers[position].code(weight)), weight)
        }
    }

    private func forEachComponent(of place: DocumentPlace, _ body: (Int, Float) -> Void) throws {
        let positions = sources.terms.positions[place.window]
        switch try sources.view.vector(of: place) {
        case .record(let record):
            for index in 0..<record.count {
                // Positions in records are not verified.
                let position = record.position(index)
                guard position < positions.count else { throw FormatError(.forwardRecords, "a term past the last") }
                body(Int(positions[position]), record.weight(index))
            }
        case .document(let document):
            let directory = sources.view.index.members[place.window].segment.directory
            try document.forEachComponent() { term, weight in
                if let position = directory.find(term) { body(Int(positions[position]), weight) }
            }
        }
    }
}

/// Selects the documents in a term's list of a block index: those whose weight reaches the threshold of the whole
/// index, within the minimum and maximum of a list.
struct BlockSelection {
    let sources: BlockSources
    let bounds: BlockListBounds
    let least: Float
    /// The slot of each document of the sources; `UInt32.max` for one that has none.
    let slotOfDocument: [UInt32]

    /// Returns the slots to add to the list of the term at a position, in ascending order.
    ///
    /// - Parameter held: The number of postings that the list has.
    func slots(at position: Int, held: Int) throws -> [Int] {
        var found = try postings(at: position, from: least)
        if found.count < bounds.least - held {
            found = try postings(at: position, from: 0)
            keep(bounds.least - held, of: &found)
        }
        keep(bounds.most - held, of: &found)
        return found.map { Int($0.slot) }.sorted()
    }

    private typealias Posting = (slot: UInt32, weight: Float)

    private func postings(at position: Int, from least: Float) throws -> [Posting] {
        var found: [Posting] = []
        try sources.forEachPosting(at: position) { document, weight in
            guard weight >= least, slotOfDocument[document] < .max else { return }
            found.append((slotOfDocument[document], weight))
        }
        return found
    }

    /// Keeps the postings with the largest weights; among equals, those with the lowest slots.
    private func keep(_ count: Int, of found: inout [Posting]) {
        guard found.count > count else { return }
        found.sort { $0.weight != $1.weight ? $0.weight > $1.weight : $0.slot < $1.slot }
        found.removeLast(found.count - max(0, count))
    }
}

/// The smallest and the largest number of postings in a list of a block index, as far as the term has so many.
struct BlockListBounds {
    let least: Int
    let most: Int

    /// The bounds of a new index.
    init(_ settings: BlockSettings) {
        least = min(settings.leastPostings, settings.mostPostings)
        most = settings.mostPostings
    }

    /// The bounds of an index that is extended. They grow in proportion to its documents.
    ///
    /// - Parameter growth: The number of documents with the new ones, as a multiple of that without.
    init(_ settings: BlockSettings, extending extended: BlockDirectory, growth: Double) {
        func grown(_ postings: Int) -> Int { Int(min(Double(BlockSettings.mostPostings), Double(postings) * growth)) }
        least = grown(settings.leastPostings)
        most = max(least, grown(extended.entries.reduce(0) { max($0, Int($1.postings)) }))
    }
}

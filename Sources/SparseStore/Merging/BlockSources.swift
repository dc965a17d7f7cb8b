internal import LMDB
internal import SparseFormat

/// The windows that a block index is built from, open in one read transaction, and the numbers of their terms.
struct BlockSources {
    let view: ReadView
    /// All terms of the windows, in ascending order. The position of a term is its number.
    let terms: [TermID]
    /// The largest weight of each term.
    let maxima: [Float]
    /// For each window, the term number at each position of its directory.
    let numbers: [[UInt16]]
    /// For each window, the directory position of each term number; -1 if it has none.
    let positions: [[Int32]]
    /// The index of each window's first document.
    let begins: [Int]

    /// - Throws: `limitExceeded` for more terms than 16-bit numbers can represent.
    init(_ view: ReadView) throws {
        self.view = view
        let directories = view.index.members.map(\.segment.directory)
        var all: [TermID] = []
        for directory in directories {
            all.reserveCapacity(all.count + directory.count)
            for position in 0..<directory.count { all.append(directory.term(at: position)) }
        }
        let numbered = TermNumbers(all)
        guard numbered.count <= BlockEntry.maximumColumns else {
            throw SparseStoreError(
                .limitExceeded,
                problem: "a block index has at most \(BlockEntry.maximumColumns) terms, but the "
                    + "documents have \(numbered.count)",
                remedy: "search the store without a block index")
        }
        terms = (0..<numbered.count).map(numbered.term(at:))
        var maxima = [Float](repeating: 0, count: numbered.count)
        var numbers: [[UInt16]] = []
        var positions: [[Int32]] = []
        for directory in directories {
            var row: [UInt16] = []
            var column = [Int32](repeating: -1, count: numbered.count)
            row.reserveCapacity(directory.count)
            for position in 0..<directory.count {
                let number = numbered.number(of: directory.term(at: position))
                row.append(UInt16(truncatingIfNeeded: number))
                column[number] = Int32(position)
                maxima[number] = max(maxima[number], directory.entry(at: position).maximum)
            }
            numbers.append(row)
            positions.append(column)
        }
        self.maxima = maxima
        self.numbers = numbers
        self.positions = positions
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

    /// Returns the number of postings of a term, including those of removed documents.
    func postings(of number: Int) -> Int {
        view.index.members.indices.reduce(0) { sum, window in
            let position = Int(positions[window][number])
            return position < 0
                ? sum : sum + Int(view.index.members[window].segment.directory.entry(at: position).count)
        }
    }

    /// Calls `body` with the document index and the quantized weight of each live posting of a term.
    func forEachPosting(of number: Int, _ body: (_ document: Int, _ weight: Float) -> Void) throws {
        for (window, member) in view.index.members.enumerated() where positions[window][number] >= 0 {
            let position = Int(positions[window][number])
            let scale = member.segment.directory.entry(at: position).maximum / 255
            let postings = try member.segment.postings(at: position)
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

/// The lines of a document in a block index: its components by number, the heaviest first, with codes.
struct BlockLines {
    private let sources: BlockSources
    private let quantizers: [ImpactQuantizer]

    init(_ sources: BlockSources) {
        self.sources = sources
        quantizers = sources.maxima.map { ImpactQuantizer(maximum: $0) }
    }

    func components(of place: DocumentPlace) throws -> [(number: UInt16, code: UInt8)] {
        var weights: [(weight: Float, number: UInt16)] = []
        try forEachComponent(of: place) { weights.append(($1, $0)) }
        // Weights in records are not verified.
        guard weights.allSatisfy({ Limits.weights.contains($0.weight) }) else { throw FormatError(.weightInRange) }
        return Self.components(weights, quantizers)
    }

    /// - Parameters:
    ///   - weights: The weights, from 1e-15 to 1e15.
    ///   - quantizers: The quantizers by term number.
    static func components(
        _ weights: [(weight: Float, number: UInt16)], _ quantizers: [ImpactQuantizer]
    ) -> [(number: UInt16, code: UInt8)] {
        weights.sorted { $0.weight != $1.weight ? $0.weight > $1.weight : $0.number < $1.number }
            // A code of 0 would end the line.
            .map { ($0.number, max(1, quantizers[Int($0.number)].code($0.weight))) }
    }

    private func forEachComponent(of place: DocumentPlace, _ body: (UInt16, Float) -> Void) throws {
        let numbers = sources.numbers[place.window]
        switch try sources.view.vector(of: place) {
        case .record(let record):
            for index in 0..<record.count {
                // Positions in records are not verified.
                let position = record.position(index)
                guard position < numbers.count else { throw FormatError(.forwardRecords, "a term past the last") }
                body(numbers[position], record.weight(index))
            }
        case .document(let document):
            let directory = sources.view.index.members[place.window].segment.directory
            try document.forEachComponent() { term, weight in
                if let position = directory.find(term) { body(numbers[position], weight) }
            }
        }
    }
}

/// Selects the documents in a term's list of a block index: those whose weight reaches the threshold of the whole
/// index, within the minimum and maximum of the settings.
struct BlockSelection {
    let settings: BlockSettings
    let sources: BlockSources
    let least: Float
    /// The slot of each document of the sources; `UInt32.max` for one that has none.
    let slotOfDocument: [UInt32]

    /// Returns the slots in ascending order.
    func slots(of number: Int) throws -> [Int] {
        var found: [(slot: Int, weight: Float)] = []
        try sources.forEachPosting(of: number) { document, weight in
            let slot = slotOfDocument[document]
            if slot < .max { found.append((Int(slot), weight)) }
        }
        let reaching = found.reduce(0) { $0 + ($1.weight >= least ? 1 : 0) }
        let count = min(max(reaching, settings.leastPostings), settings.mostPostings, found.count)
        if count < found.count {
            if count == reaching {
                found.removeAll { $0.weight < least }
            } else {
                found.sort { $0.weight != $1.weight ? $0.weight > $1.weight : $0.slot < $1.slot }
                found.removeLast(found.count - count)
            }
        }
        return found.map(\.slot).sorted()
    }
}

internal import SparseStore

/// Reads the documents of an inverted index in the Common Index File Format
/// ([CIFF](https://github.com/osirrc/ciff), version 1): a header, a message for each term with its postings, and a
/// message for each document with its id. The count or impact of a posting becomes the weight.
///
/// Such a file is sorted by term, so it is read several times. Each pass gathers as many documents as have 64 million
/// postings together, which take 512 MiB. The terms stay in memory. Compressed input is first copied to a temporary
/// file without a name, in `TMPDIR` or /tmp.
public final class CIFFReader: DocumentReader {
    /// The documents that are gathered in one pass over the postings, and their postings.
    struct Bounds {
        var documents = 1 << 22
        var postings = 1 << 26
        /// The maximum number of terms, and of their bytes.
        var terms = 1 << 27
        var termBytes = InterchangeLimits.wholeFileBytes
    }

    /// The format of the input: CIFF.
    public let format = InputFormat.ciff
    /// The size of the input on disk, if it is a regular file.
    public let inputSize: UInt64?
    /// The number of bad weights left out of the documents read so far.
    public private(set) var droppedWeights = 0

    private struct Header {
        var lists: UInt64 = 0
        var documents: UInt64 = 0
    }

    private let name: String
    private let file: RandomAccessFile
    private let bounds: Bounds
    private let rules: ReadingRules
    private let header: Header
    /// The positions of the first postings list and of the first document record.
    private let lists: UInt64
    private var terms: [String] = []

    /// The next document, and the position of its record.
    private var upcoming = 0
    private var records: MessageCursor
    /// The documents of the last pass, the start of the postings of each, and the postings as term and count.
    private var gathered = 0..<0
    private var starts: [Int] = [0]
    private var postings: [(term: UInt32, count: Int32)] = []

    /// Opens the index in `source`, which must be at its beginning.
    ///
    /// - Parameters:
    ///   - source: The bytes of the file.
    ///   - position: The document at which reading begins.
    ///   - rules: What happens to counts that are not valid weights.
    public convenience init(
        source: ByteSource, from position: InputPosition = InputPosition(), rules: ReadingRules = ReadingRules()
    ) throws(InterchangeError) {
        try self.init(source: source, from: position, rules: rules, bounds: Bounds())
    }

    init(
        source: ByteSource, from position: InputPosition = InputPosition(), rules: ReadingRules = ReadingRules(),
        bounds: Bounds
    ) throws(InterchangeError) {
        name = source.name
        inputSize = source.rawSize
        self.rules = rules
        self.bounds = bounds
        file = try source.randomAccess { () throws(InterchangeError) in
            let spool = try SpoolFile(copyOf: source.name)
            _ = try spool.copy(from: source, limit: .max)
            return spool.randomAccess(name: source.name)
        }
        var cursor = MessageCursor(file)
        header = try Self.header(&cursor)
        lists = cursor.position
        records = cursor
        // Each list and each document is a message of at least one byte, so a header that promises more is wrong.
        guard header.lists <= file.size, header.documents <= file.size else { throw cursor.damaged() }
        try readTerms()
        guard position.number <= documents else {
            throw InterchangeError(
                .invalidInput,
                "'\(name)' has \(documents) documents, but the last load stopped at number \(position.number), so "
                    + "the file has changed; load it without --resume")
        }
        for number in 0..<position.number { _ = try identifier(of: number) }
        upcoming = position.number
    }

    /// The number of documents.
    public var documents: Int { Int(clamping: header.documents) }
    /// The position after the last document read.
    public var position: InputPosition { InputPosition(offset: 0, number: upcoming) }
    /// The fraction of the documents that have been read.
    public var progress: Double? { documents == 0 ? nil : Double(upcoming) / Double(documents) }

    /// Returns the next document, or a reject for a document without terms.
    public func next() throws(InterchangeError) -> DocumentRow? {
        guard upcoming < documents else {
            guard records.isAtEnd else { throw records.damaged() }
            return nil
        }
        if !gathered.contains(upcoming) { try gather() }
        let id = try identifier(of: upcoming)
        let index = upcoming - gathered.lowerBound
        upcoming += 1
        // Messages count documents from 1, like lines.
        return row(id, postings[starts[index]..<starts[index + 1]], number: upcoming)
    }

    private func row(
        _ id: [UInt8], _ postings: ArraySlice<(term: UInt32, count: Int32)>, number: Int
    ) -> DocumentRow {
        guard (1...Limits.maximumIdentifierBytes).contains(id.count) else {
            return .reject(Reject(number: number, reason: JSONFault.Reason.identifierLength.rawValue))
        }
        guard let text = String(validating: id, as: UTF8.self) else {
            return .reject(Reject(number: number, reason: "the id is not UTF-8"))
        }
        func reject(_ fault: JSONFault, _ term: UInt32? = nil) -> DocumentRow {
            let fault = fault.about(id: text, term: term.map { terms[Int($0)] })
            return .reject(Reject(number: number, reason: fault.text, concernsWeight: fault.concernsWeight))
        }
        guard postings.count <= Limits.maximumTermsPerVector else { return reject(JSONFault(.tooManyTerms)) }
        let bad = postings.filter { $0.count < 0 }
        if let first = bad.first, !rules.dropsBadWeights { return reject(JSONFault(.negativeWeight), first.term) }
        if rules.isStrict, let zero = postings.first(where: { $0.count == 0 }) {
            return reject(JSONFault(.zeroWeight), zero.term)
        }
        let kept = postings.filter { $0.count > 0 }
        guard !kept.isEmpty || rules.acceptsEmptyVectors else { return reject(.emptyVector) }
        droppedWeights += bad.count
        var document = Document(id: text)
        if !kept.isEmpty { document.content = .terms(kept.map { WeightedTerm(terms[Int($0.term)], Float($0.count)) }) }
        return .document(document, number: number)
    }

    private static func header(_ cursor: inout MessageCursor) throws(InterchangeError) -> Header {
        var header = Header()
        var version: UInt64 = 0
        let message = try cursor.message()
        while let field = try cursor.field(before: message.upperBound) {
            switch (field.number, field.varint) {
            case (1, let number?): version = number
            case (2, let number?): header.lists = number
            case (3, let number?): header.documents = number
            default: continue
            }
        }
        guard version == 1 else {
            throw InterchangeError(
                .unsupported,
                "the file has CIFF version \(version), but only version 1 is supported; export it as version 1")
        }
        return header
    }

    /// Reads the terms once, and advances to the records of the documents after the lists.
    private func readTerms() throws(InterchangeError) {
        var bytes = 0
        for _ in 0..<header.lists {
            let message = try records.message()
            var term: Range<UInt64>?
            // The term comes first. The postings after it are read when they are gathered.
            while term == nil, let field = try records.field(before: message.upperBound) {
                if field.number == 1 { term = field.content }
            }
            guard let term, (1...Limits.maximumTermBytes).contains(term.count),
                let text = String(validating: try records.bytes(term), as: UTF8.self)
            else {
                throw InterchangeError(
                    .invalidInput,
                    "postings list \(terms.count + 1) of '\(name)' has no term of 1 to \(Limits.maximumTermBytes) "
                        + "bytes of UTF-8; export the index again")
            }
            bytes += term.count
            guard terms.count < bounds.terms, bytes <= bounds.termBytes else {
                throw InterchangeError(
                    .limitExceeded,
                    "'\(name)' has more than \(bounds.terms) terms, or more than \(bounds.termBytes >> 20) MiB of "
                        + "them; split the index by documents")
            }
            terms.append(text)
            records.move(to: message.upperBound)
        }
    }

    /// Returns the id in the next record, which must be that of `number`.
    private func identifier(of number: Int) throws(InterchangeError) -> [UInt8] {
        let message = try records.message()
        var (document, id): (UInt64, Range<UInt64>?) = (0, nil)
        while let field = try records.field(before: message.upperBound) {
            if field.number == 1, let value = field.varint { document = value }
            if field.number == 2 { id = field.content }
        }
        guard document == UInt64(number) else {
            throw InterchangeError(
                .invalidInput,
                "the records of '\(name)' are not in the order of their documents: number \(document) comes where "
                    + "\(number) is expected; export the index again")
        }
        guard let id, id.count <= Limits.maximumIdentifierBytes else { return [] }
        return try records.bytes(id)
    }

    /// Gathers the postings of the next documents: first counts them, then stores them.
    private func gather() throws(InterchangeError) {
        let wanted = upcoming..<min(upcoming + bounds.documents, documents)
        var counts = [Int](repeating: 0, count: wanted.count)
        try forEachPosting { _, document, _ in
            if wanted.contains(document) { counts[document - wanted.lowerBound] += 1 }
        }
        var total = 0
        starts = [0]
        // The first document is always taken, because it has at most one posting per term.
        for count in counts {
            guard starts.count == 1 || total + count <= bounds.postings else { break }
            total += count
            starts.append(total)
        }
        gathered = upcoming..<upcoming + starts.count - 1
        var places = Array(starts.dropLast())
        postings = Array(repeating: (term: 0, count: 0), count: total)
        let range = gathered
        try forEachPosting { term, document, count in
            guard range.contains(document) else { return }
            let index = document - range.lowerBound
            postings[places[index]] = (UInt32(truncatingIfNeeded: term), count)
            places[index] += 1
        }
    }

    /// Calls `body` for each posting, list by list.
    private func forEachPosting(
        _ body: (_ term: Int, _ document: Int, _ count: Int32) -> Void
    ) throws(InterchangeError) {
        var cursor = MessageCursor(file, at: lists)
        for term in 0..<terms.count {
            let message = try cursor.message()
            var document: UInt64?
            while let field = try cursor.field(before: message.upperBound) {
                guard field.number == 4, let content = field.content else { continue }
                cursor.move(to: content.lowerBound)
                var (gap, count): (UInt64, UInt64) = (0, 0)
                while let part = try cursor.field(before: content.upperBound) {
                    if part.number == 1, let value = part.varint { gap = value }
                    if part.number == 2, let value = part.varint { count = value }
                }
                // The first is stored as a number, the others as their distance to the one before.
                guard gap < header.documents, document == nil || gap > 0 else { throw cursor.damaged() }
                let number = (document ?? 0) + gap
                guard number < header.documents else { throw cursor.damaged() }
                document = number
                body(term, Int(number), Int32(truncatingIfNeeded: count))
            }
        }
    }
}

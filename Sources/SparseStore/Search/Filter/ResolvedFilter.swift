internal import LMDB
internal import SparseFormat

/// A filter resolved for windows: tags and attributes by name, documents and terms by number.
indirect enum ResolvedFilter: Sendable {
    case tag(String)
    /// The numbers of live documents, in ascending order.
    case documents([UInt64])
    /// The number of a term; nil for a term that no document has.
    case term(TermID?)
    case attribute([UInt8], AttributeCondition)
    case all([ResolvedFilter])
    case any([ResolvedFilter])
    case not(ResolvedFilter)

    /// Returns the live documents of a window that match the filter.
    func allowed(_ member: CommitIndex.Member, _ view: ReadView) throws -> AllowedDocuments {
        var bitmap = try bitmap(MemberRows(member: member, view: view))
        // Postings of removed documents stay until a merge; their tags and attributes do too.
        if let tombstones = member.tombstones { bitmap.subtract(tombstones) }
        return AllowedDocuments(bitmap)
    }

    /// Returns the rows that match the filter.
    func bitmap(_ rows: some FilteredRows) throws -> Bitmap {
        let count = rows.count
        switch self {
        case .tag(let tag): return try rows.tagged(tag)
        case .documents(let documents): return rows.numbered(documents)
        case .term(let term): return try term.map(rows.containing) ?? Bitmap(count: count)
        case .attribute(let name, let condition): return try rows.matching(name, condition)
        case .all(let parts):
            guard let first = parts.first else { return Bitmap(allBelow: count) }
            var found = try first.bitmap(rows)
            for part in parts.dropFirst() where !found.isEmpty {
                // Without the complement's detour.
                if case .not(let other) = part {
                    found.subtract(try other.bitmap(rows))
                } else {
                    found.formIntersection(try part.bitmap(rows))
                }
            }
            return found
        case .any(let parts):
            var found = Bitmap(count: count)
            for part in parts { found.formUnion(try part.bitmap(rows)) }
            return found
        case .not(let part):
            var found = try part.bitmap(rows)
            found.formComplement()
            return found
        }
    }
}

/// Rows that a filter can be evaluated on: the documents of a segment, or those that a transaction has written.
protocol FilteredRows {
    var count: Int { get }
    func tagged(_ tag: String) throws -> Bitmap
    /// - Parameter documents: Document numbers in ascending order.
    func numbered(_ documents: [UInt64]) -> Bitmap
    func containing(_ term: TermID) throws -> Bitmap
    func matching(_ name: [UInt8], _ condition: AttributeCondition) throws -> Bitmap
}

/// The documents of a segment, including those with a tombstone.
private struct MemberRows: FilteredRows {
    let member: CommitIndex.Member
    let view: ReadView

    var count: Int { member.segment.documentCount }

    func tagged(_ tag: String) throws -> Bitmap { try member.tagged(tag, view) }

    func containing(_ term: TermID) throws -> Bitmap { try member.containing(term) }

    func matching(_ name: [UInt8], _ condition: AttributeCondition) throws -> Bitmap {
        try member.column(name, view).matching(condition, documents: count)
    }

    func numbered(_ documents: [UInt64]) -> Bitmap {
        var found = Bitmap(count: count)
        for document in Self.part(of: documents, in: member.segment) {
            if let ordinal = member.segment.numbers.ordinal(of: document) { found.insert(ordinal) }
        }
        return found
    }

    /// Returns the documents whose numbers are in the range of a segment.
    private static func part(of documents: [UInt64], in segment: WindowSegment) -> ArraySlice<UInt64> {
        func first(_ isReached: (UInt64) -> Bool) -> Int {
            var low = 0
            var high = documents.count
            while low < high {
                let middle = (low + high) / 2
                if isReached(documents[middle]) { high = middle } else { low = middle + 1 }
            }
            return low
        }
        let begin = first { $0 >= segment.firstNumber }
        return documents[begin..<max(begin, first { $0 > segment.lastNumber })]
    }
}

/// The documents that a write transaction has added or changed. No segment has their current state.
struct PendingRows: FilteredRows {
    /// The document numbers, in ascending order.
    private let numbers: [UInt64]
    private let rows: ChangedRows
    /// The terms of each document.
    private let terms: [Set<TermID>]

    /// - Parameter numbers: The numbers of stored documents, in ascending order; one or more.
    init(_ numbers: [UInt64], _ documents: DocumentTable) throws {
        self.numbers = numbers
        rows = try ChangedRows(Array(numbers.indices)) { try documents.existing(numbers[$0]) }
        terms = try numbers.map { Set(try documents.existing($0).vector().terms) }
    }

    var count: Int { numbers.count }

    func tagged(_ tag: String) throws -> Bitmap {
        var found = Bitmap(count: count)
        rows.tags.insert(Array(tag.utf8), into: &found)
        return found
    }

    func numbered(_ documents: [UInt64]) -> Bitmap {
        let wanted = Set(documents)
        return rows { wanted.contains(numbers[$0]) }
    }

    func containing(_ term: TermID) throws -> Bitmap { rows { terms[$0].contains(term) } }

    func matching(_ name: [UInt8], _ condition: AttributeCondition) throws -> Bitmap {
        var found = Bitmap(count: count)
        if let column = rows.column(name) { condition.insert(column, into: &found) }
        return found
    }

    private func rows(_ isFound: (Int) -> Bool) -> Bitmap {
        var found = Bitmap(count: count)
        for row in 0..<count where isFound(row) { found.insert(row) }
        return found
    }
}

/// Converts the names in a filter to numbers and its values to the attributes' types, as of one commit.
struct FilterResolver {
    let reader: StoreReader
    let schema: AttributeSchema
    let termSpace: TermSpace

    /// - Parameter filter: A filter that has passed `check`.
    /// - Throws: `invalidArgument` for an attribute that no document has ever had, and for a value of the wrong type.
    func resolve(_ filter: Filter) throws -> ResolvedFilter {
        switch filter {
        case .tag(let tag): return .tag(tag)
        case .ids(let ids):
            let table = reader.ids
            return .documents(try ids.compactMap { try table.number(of: $0) }.sorted())
        case .idPrefix(let prefix):
            return .documents(
                try reader.ids.numbers(beginningWith: prefix).sorted())
        case .term(let name): return .term(try term(name))
        case .condition(let attribute, let condition):
            let type = try schema.type(of: attribute.name)
            return .attribute(Array(attribute.name.utf8), try resolve(condition, of: attribute.name, type))
        case .all(let parts): return .all(try parts.map(resolve))
        case .any(let parts): return .any(try parts.map(resolve))
        case .not(let part): return .not(try resolve(part))
        }
    }

    private func term(_ name: String) throws -> TermID? {
        switch termSpace {
        case .strings: return try reader.vocabulary.id(of: name)
        case .numbers:
            guard let number = TermID(name) else {
                throw SparseStoreError(
                    .invalidArgument, problem: "the terms of this store are numbers, but a term of the filter is not",
                    remedy: "use a number")
            }
            return number
        case .undecided: return nil
        }
    }

    private func resolve(
        _ condition: Attribute.Condition, of name: String, _ type: AttributeType
    ) throws -> AttributeCondition {
        switch condition {
        case .exists: return .exists
        case .isIn(let values):
            return .within(
                try values.map { value in
                    let end = AttributeRange.Bound(value: try convert(value, of: name, type), isIncluded: true)
                    return AttributeRange(lower: end, upper: end)
                })
        case .isBetween(let low, let high):
            func bound(_ end: Attribute.End?) throws -> AttributeRange.Bound? {
                try end.map {
                    AttributeRange.Bound(value: try convert($0.value, of: name, type), isIncluded: $0.isIncluded)
                }
            }
            return .within([AttributeRange(lower: try bound(low), upper: try bound(high))])
        }
    }

    /// Converts a value to the type of an attribute. Strings are parsed as that type, so that the text of a filter
    /// needs no types.
    private func convert(_ value: AttributeValue, of name: String, _ type: AttributeType) throws -> AttributeValue {
        func refused(_ what: String, remedy: String? = nil) -> SparseStoreError {
            SparseStoreError(
                .invalidArgument,
                problem: "the attribute '\(name)' has the type \(type), but the filter compares it with \(what)",
                remedy: remedy)
        }
        switch (value, type) {
        case (.number(let number), _) where !number.isFinite: throw refused("\(number)")
        case (.string, .string), (.string, .strings), (.boolean, .boolean), (.date, .date): return value
        case (.integer, .integer), (.integer, .number), (.integer, .integers): return value
        case (.number, .integer), (.number, .number), (.number, .integers): return value
        case (.string(let text), .integer), (.string(let text), .number), (.string(let text), .integers):
            if let integer = Int64(text) { return .integer(integer) }
            guard let number = Double(text), number.isFinite else { throw refused("a string that is not a number") }
            return .number(number)
        case (.string(let text), .boolean):
            guard let boolean = Bool(text.lowercased()) else {
                throw refused("a string that is neither true nor false")
            }
            return .boolean(boolean)
        case (.string(let text), .date):
            guard let date = AttributeValue.date(rfc3339: text) else {
                throw refused(
                    "a string that is not a date", remedy: "write dates as 2024-01-31 or 2024-01-31T12:00:00Z")
            }
            return date
        default: throw refused("a value of the type \(value.type)")
        }
    }
}

/// The live documents of one window that a search may return.
struct AllowedDocuments: Sendable {
    let bitmap: Bitmap
    /// The number of documents.
    let count: Int

    init(_ bitmap: Bitmap) {
        self.bitmap = bitmap
        count = bitmap.population
    }

    /// The ordinals of the documents, in ascending order.
    var ordinals: [Int] {
        var ordinals: [Int] = []
        ordinals.reserveCapacity(count)
        bitmap.forEach { ordinals.append($0) }
        return ordinals
    }
}

/// The changes of document frequencies in one commit (table statistics, key 0x02 and a sequence number).
package struct StatisticsDelta: Record {
    package static let kind = RecordKind.statisticsDelta

    /// The terms, strictly ascending.
    package let terms: [TermID]
    /// The change of each term; never zero.
    package let changes: [Int64]

    /// Accepts terms in any order, adds up the changes of each term, and omits changes of zero.
    package init(terms: [TermID], changes: [Int64]) {
        if terms.count == changes.count, !changes.contains(0), zip(terms, terms.dropFirst()).allSatisfy({ $0 < $1 }) {
            self.terms = terms
            self.changes = changes
        } else {
            let sums = Dictionary(zip(terms, changes), uniquingKeysWith: &+).filter { $0.value != 0 }
            let sorted = sums.sorted { $0.key < $1.key }
            self.terms = sorted.map(\.key)
            self.changes = sorted.map(\.value)
        }
    }

    package init(body: inout ByteReader, flags: UInt16) throws(FormatError) {
        let count = try body.proven(UInt64(try body.u32()), elementBytes: 2, limit: Limits.maximumDeltaEntries)
        var terms: [TermID] = []
        var changes: [Int64] = []
        terms.reserveCapacity(count)
        changes.reserveCapacity(count)
        for index in 0..<count {
            let gap = try body.varint32()
            let (term, overflow) = (terms.last ?? 0).addingReportingOverflow(gap)
            guard !overflow, gap != 0 || index == 0 else { throw FormatError(.termsAscend) }
            terms.append(term)
            let change = try body.zigzag64()
            guard change != 0 else { throw FormatError(.changesAreNotZero, "term \(term)") }
            changes.append(change)
        }
        self.terms = terms
        self.changes = changes
    }

    package func encodeBody(into writer: inout ByteWriter) {
        writer.u32(UInt32(truncatingIfNeeded: terms.count))
        var previous: TermID = 0
        for (term, change) in zip(terms, changes) {
            writer.varint(term &- previous)
            writer.zigzag(change)
            previous = term
        }
    }
}

/// The document frequencies of 1,016 adjacent terms (table statistics, key 0x01 and the page number).
///
/// With this count the value has 4,080 bytes, which together with LMDB's page header of 16 are exactly one page.
package struct StatisticsPage: Record {
    package static let kind = RecordKind.statisticsPage
    package static let termsPerPage = 1016
    /// The page of the highest term; its entries after that term are zero.
    package static let lastPage = TermID.max / UInt32(termsPerPage)
    /// A page whose terms occur in no document.
    package static let empty = StatisticsPage()

    /// The frequencies, always `termsPerPage` numbers.
    package var frequencies: [UInt32]

    private init() {
        frequencies = Array(repeating: 0, count: Self.termsPerPage)
    }

    package init(body: inout ByteReader, flags: UInt16) throws(FormatError) {
        guard body.remaining == 4 * Self.termsPerPage else { throw FormatError(.fixedBodyLength) }
        frequencies = []
        frequencies.reserveCapacity(Self.termsPerPage)
        for _ in 0..<Self.termsPerPage { frequencies.append(try body.u32()) }
    }

    package func encodeBody(into writer: inout ByteWriter) {
        for frequency in frequencies { writer.u32(frequency) }
    }
}

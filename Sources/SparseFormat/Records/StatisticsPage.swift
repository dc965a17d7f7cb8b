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

/// The document frequencies of 1,016 neighbouring terms (table statistics, key 0x01 and the page's number).
///
/// The count makes the value 4,080 bytes, which with LMDB's page header of 16 is one page exactly.
package struct StatisticsPage: Record {
    package static let kind = RecordKind.statisticsPage
    package static let termsPerPage = 1016
    /// The page of the highest term; its places behind that are zero.
    package static let lastPage = TermID.max / UInt32(termsPerPage)
    /// A page of terms that no document has.
    package static let empty = StatisticsPage()

    /// `termsPerPage` numbers: change them, but not how many they are.
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

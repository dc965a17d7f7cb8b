/// The three counts at the start of a CSR file, checked against each other and against the size of the file.
struct CSRHeader {
    static let bytes = 24

    let rows: UInt64
    let columns: UInt64
    let nonzeros: UInt64

    /// The size of a file with these counts.
    let fileSize: UInt64

    /// Decodes the first bytes of `name`.
    init(_ head: [UInt8], name: String) throws(InterchangeError) {
        guard head.count >= Self.bytes else {
            throw InterchangeError(
                .invalidInput,
                "'\(name)' is too short for the header of a CSR file; if it is JSON Lines, use '--format jsonl'")
        }
        let counts = head.withUnsafeBytes { bytes in
            (0..<3).map { Int64(littleEndian: bytes.loadUnaligned(fromByteOffset: $0 * 8, as: Int64.self)) }
        }
        guard counts.allSatisfy({ $0 >= 0 }), counts[1] <= 1 << 32 else {
            throw InterchangeError(
                .invalidInput, "'\(name)' is not a CSR file, because its header has impossible counts; check its format"
            )
        }
        (rows, columns, nonzeros) = (UInt64(counts[0]), UInt64(counts[1]), UInt64(counts[2]))
        let (pointers, overflow1) = (rows + 1).multipliedReportingOverflow(by: 8)
        let (values, overflow2) = nonzeros.multipliedReportingOverflow(by: 8)
        let (sum, overflow3) = pointers.addingReportingOverflow(values)
        let (total, overflow4) = sum.addingReportingOverflow(UInt64(Self.bytes))
        guard !overflow1, !overflow2, !overflow3, !overflow4, total <= UInt64(Int64.max) else {
            throw InterchangeError(
                .invalidInput,
                "'\(name)' is not a CSR file, because its header declares more data than a file can hold; "
                    + "check its format"
            )
        }
        fileSize = total
    }

    /// The offset of the row pointers.
    var pointersOffset: UInt64 { UInt64(Self.bytes) }
    /// The offset of the terms.
    var termsOffset: UInt64 { pointersOffset + (rows + 1) * 8 }
    /// The offset of the weights.
    var weightsOffset: UInt64 { termsOffset + nonzeros * 4 }

    /// Checks the counts against the actual size of the file.
    func check(size: UInt64, name: String) throws(InterchangeError) {
        guard size != fileSize else { return }
        let difference =
            size < fileSize ? "\(fileSize - size) bytes are missing" : "it has \(size - fileSize) extra bytes"
        throw InterchangeError(
            .invalidInput,
            "the size of '\(name)' does not match its header (\(difference)); download or create it again")
    }
}

/// A table with one byte per Unicode scalar, in two stages: pages of 256 scalars, with each distinct page stored once.
struct ScalarTable: Sendable {
    private static let pageBits: UInt32 = 8
    private let pages: [UInt16]
    private let values: [UInt8]

    /// - Parameter flat: One byte for each scalar from 0; scalars past its end have 0.
    init(_ flat: [UInt8]) {
        let size = 1 << Self.pageBits
        var numbers: [ArraySlice<UInt8>: UInt16] = [:]
        var pages: [UInt16] = []
        var values: [UInt8] = []
        let zeros = ArraySlice([UInt8](repeating: 0, count: size))
        for page in 0..<0x110000 / size {
            let start = page * size
            let slice = start + size <= flat.count ? flat[start..<start + size] : zeros
            let number = numbers[slice] ?? UInt16(numbers.count)
            if Int(number) == numbers.count {
                numbers[slice] = number
                values += slice
            }
            pages.append(number)
        }
        self.pages = pages
        self.values = values
    }

    /// Returns the byte of a scalar, which must be below 0x110000.
    subscript(_ code: UInt32) -> UInt8 {
        values[Int(pages[Int(code >> Self.pageBits)]) << Int(Self.pageBits) | Int(code & 0xFF)]
    }
}

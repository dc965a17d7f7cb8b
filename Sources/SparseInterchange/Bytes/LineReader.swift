internal import Platform

/// Splits a source into the texts of its documents.
protocol RecordReader: AnyObject {
    /// The number of the last record, from 1.
    var number: Int { get }
    /// The position just after the last record, in decompressed bytes.
    var offset: UInt64 { get }
    /// Returns the next record; nil at the end.
    func next() throws(InterchangeError) -> LineReader.Line?
}

/// Splits a source into lines within a bounded buffer. A line that is too long is skipped and reported, but not kept.
///
/// A line ends with LF. A CR before it stays in the line, where it counts as white space. A byte order mark at the
/// beginning of the content is dropped.
package final class LineReader: RecordReader {
    /// One line, valid until the next line is read.
    package struct Line {
        /// The bytes without the line feed; empty when `isTooLong`.
        package let bytes: UnsafeBufferPointer<UInt8>
        /// Whether the line was longer than the limit.
        package let isTooLong: Bool
    }

    /// The number of the last line, from 1.
    package private(set) var number: Int
    /// The position just after the last line, in decompressed bytes.
    package private(set) var offset: UInt64

    private let source: ByteSource
    private let limit: Int
    private var buffer: UnsafeMutableRawBufferPointer
    private var start = 0
    private var end = 0
    private var reachedEnd = false
    private var atBeginning: Bool

    /// Reads lines from the current position of `source`; `number` lines came before.
    package init(source: ByteSource, limit: Int = InterchangeLimits.lineBytes, after number: Int = 0) {
        self.source = source
        self.limit = limit
        self.number = number
        offset = source.offset
        atBeginning = source.offset == 0
        buffer = .allocate(byteCount: min(RawInput.bufferBytes, max(limit, 64)), alignment: 16)
    }

    deinit {
        buffer.deallocate()
    }

    /// Returns the next line; nil at the end.
    package func next() throws(InterchangeError) -> Line? {
        if atBeginning { try dropByteOrderMark() }
        var searched = 0
        while true {
            if let feed = lineFeed(from: start + searched) {
                return take(contentEnd: feed, lineEnd: feed + 1)
            }
            searched = end - start
            if reachedEnd {
                return searched == 0 ? nil : take(contentEnd: end, lineEnd: end)
            }
            if searched > limit { return try skipLongLine() }
            try fill()
        }
    }

    private func take(contentEnd: Int, lineEnd: Int) -> Line {
        let bytes = UnsafeRawBufferPointer(rebasing: buffer[start..<contentEnd]).bindMemory(to: UInt8.self)
        number += 1
        offset += UInt64(lineEnd - start)
        start = lineEnd
        guard bytes.count <= limit else {
            return Line(bytes: UnsafeBufferPointer(rebasing: bytes[..<0]), isTooLong: true)
        }
        return Line(bytes: bytes, isTooLong: false)
    }

    private func skipLongLine() throws(InterchangeError) -> Line {
        while true {
            if let feed = lineFeed(from: start) {
                offset += UInt64(feed + 1 - start)
                start = feed + 1
                break
            }
            offset += UInt64(end - start)
            start = end
            if reachedEnd { break }
            try fill()
        }
        number += 1
        return Line(bytes: UnsafeBufferPointer(start: nil, count: 0), isTooLong: true)
    }

    private func lineFeed(from index: Int) -> Int? {
        guard index < end, let base = buffer.baseAddress else { return nil }
        guard let found = memchr(base + index, 0x0A, end - index) else { return nil }
        return UnsafeRawPointer(found) - UnsafeRawPointer(base)
    }

    /// Reads more after the kept bytes, which are first moved to the front or into a larger buffer.
    private func fill() throws(InterchangeError) {
        if start > 0, let base = buffer.baseAddress {
            memmove(base, base + start, end - start)
            end -= start
            start = 0
        }
        if end == buffer.count {
            let larger = UnsafeMutableRawBufferPointer.allocate(byteCount: buffer.count * 2, alignment: 16)
            larger.copyMemory(from: UnsafeRawBufferPointer(rebasing: buffer[..<end]))
            buffer.deallocate()
            buffer = larger
        }
        let read = try source.read(into: UnsafeMutableRawBufferPointer(rebasing: buffer[end...]))
        if read == 0 { reachedEnd = true }
        end += read
    }

    private func dropByteOrderMark() throws(InterchangeError) {
        atBeginning = false
        while end - start < 3, !reachedEnd { try fill() }
        guard end - start >= 3, buffer[start..<start + 3].elementsEqual([0xEF, 0xBB, 0xBF]) else { return }
        start += 3
        offset += 3
    }
}

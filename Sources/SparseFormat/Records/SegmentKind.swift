/// How a segment is organised.
package enum SegmentKind: UInt8, Sendable {
    case window = 1
    case block = 2
}

import Foundation
import SparseFormat
import Testing

@testable import SparseStore

@Suite struct CursorTests {
    private let store = StoreUUID(high: 1, low: 2)
    private var cursor: Cursor { Cursor(.search, store: store, question: 7, position: [1, 2, 255]) }

    @Test func `a cursor survives its text`() throws {
        #expect(Cursor(cursor.description) == cursor)
        #expect(try Cursor(parsing: cursor.description) == cursor)
    }

    @Test func `a cursor survives JSON as a single string`() throws {
        let json = try JSONEncoder().encode([cursor])
        #expect(String(decoding: json, as: UTF8.self) == "[\"\(cursor)\"]")
        #expect(try JSONDecoder().decode([Cursor].self, from: json) == [cursor])
    }

    @Test func `a cursor gives its position to the question it was made for`() throws {
        #expect(try cursor.position(of: .search, store: store, question: 7) == [1, 2, 255])
    }

    @Test func `a cursor is refused by another store, another question and another kind of answer`() {
        func code(_ body: () throws(SparseStoreError) -> [UInt8]) -> SparseStoreError.Code? {
            do throws(SparseStoreError) {
                _ = try body()
                return nil
            } catch {
                return error.code
            }
        }
        let other = StoreUUID(high: 1, low: 3)
        #expect(
            code { () throws(SparseStoreError) in try cursor.position(of: .list, store: store, question: 7) }
                == .invalidCursor)
        #expect(
            code { () throws(SparseStoreError) in try cursor.position(of: .search, store: other, question: 7) }
                == .invalidCursor)
        #expect(
            code { () throws(SparseStoreError) in try cursor.position(of: .search, store: store, question: 8) }
                == .invalidCursor)
    }

    @Test func `a text with one character changed or cut off is not a cursor`() {
        let text = Array(cursor.description)
        for place in text.indices {
            var changed = text
            changed[place] = text[place] == "0" ? "1" : "0"
            #expect(Cursor(String(changed)) == nil, "character \(place)")
            #expect(Cursor(String(text.prefix(place))) == nil, "cut at \(place)")
        }
    }

    @Test(arguments: ["", "0", "zz", "cursor", "\u{E9}", String(repeating: "00", count: 40)])
    func `any other text is not a cursor`(text: String) {
        #expect(Cursor(text) == nil)
    }
}

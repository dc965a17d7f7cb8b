/// Reads pages of a file that has not been mapped, within its bounds and within a budget, so that damage can neither
/// trap nor keep the reader busy for ever.
struct PageReader {
    let pageSize: Int
    /// The last page the header speaks of. The file may end before it.
    let lastPage: UInt64
    let filePages: UInt64
    private let read: (_ offset: Int, _ count: Int) -> [UInt8]
    /// No walk needs a page twice, so as many as the file has are enough.
    private var budget: UInt64

    init(
        pageSize: Int, lastPage: UInt64, filePages: UInt64, read: @escaping (_ offset: Int, _ count: Int) -> [UInt8]
    ) {
        self.pageSize = pageSize
        self.lastPage = lastPage
        self.filePages = filePages
        self.read = read
        budget = filePages
    }

    /// A page of a tree, its header not yet looked at.
    mutating func page(_ number: UInt64) throws(PreflightProblem) -> TreePage {
        try spend(1, from: number)
        return TreePage(number: number, bytes: try bytes(Int(number) * pageSize, pageSize))
    }

    /// Where the bytes lie of a value that has pages of its own.
    mutating func overflow(_ number: UInt64, count: Int) throws(PreflightProblem) -> Range<Int> {
        let pages = (MetaPage.pageHeaderBytes + count + pageSize - 1) / pageSize
        try spend(UInt64(pages), from: number)
        let start = Int(number) * pageSize
        let header = TreePage(number: number, bytes: try bytes(start, MetaPage.pageHeaderBytes))
        try header.checkOverflow(pages: pages)
        return start + MetaPage.pageHeaderBytes..<start + MetaPage.pageHeaderBytes + count
    }

    private mutating func spend(_ pages: UInt64, from number: UInt64) throws(PreflightProblem) {
        guard number >= 2, number <= lastPage, pages <= lastPage - number + 1 else {
            throw PreflightProblem(.corrupted, "the list of free pages leads to page \(number) of \(lastPage + 1)")
        }
        guard number < filePages, pages <= filePages - number else {
            throw PreflightProblem(.truncated, "the list of free pages leads beyond the file's end, to page \(number)")
        }
        guard pages <= budget else {
            throw PreflightProblem(.corrupted, "the list of free pages leads to some page twice")
        }
        budget -= pages
    }

    func bytes(_ offset: Int, _ count: Int) throws(PreflightProblem) -> [UInt8] {
        let bytes = read(offset, count)
        guard bytes.count == count else {
            throw PreflightProblem(.truncated, "the file ends inside page \(offset / pageSize)")
        }
        return bytes
    }
}

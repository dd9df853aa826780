"""From the files a government keeps (docx, doc, pdf, html, txt, xlsx, csv, zip) to entries an editor may review."""

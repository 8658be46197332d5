"""Pictures of mails: taken in, encoded anew, listed, served to everybody.

In: files that members upload. Out: rows, pages, pictures under /media.
Always true: a picture's name is made from its content; what is served was written by our own encoder, so it
holds nothing of the camera and nothing but a picture; SVG is refused.
"""

"""The browser fixtures of this folder."""

from browsers import another_browser as another_browser
from browsers import browser as browser
from browsers import browsers as browsers
from browsers import folder as folder
from browsers import lab as lab
from browsers import playwright as playwright
from hands import hands as hands
from hands import opened as opened
